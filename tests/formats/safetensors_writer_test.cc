// What is written is read back the same.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "formats/safetensors.h"

namespace vseal::formats {
namespace {

using testing::HasSubstr;

class SafetensorsWriter : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::string contents() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }

  const std::string path_ = testing::TempDir() + "vseal_safetensors_writer_test.safetensors";
  const std::vector<float> floats_ = {1.0f, -2.5f, 3.25f};
  const std::vector<uint16_t> halves_ = {0x3c00, 0x4000, 0x4200};
  const std::vector<uint8_t> bytes_ = {7};
  const std::vector<TensorToStore> tensors_ = {
      {"z.half", graph::DType::kF16, {1, 3}, std::as_bytes(std::span(halves_))},
      {"byte", graph::DType::kU8, {1}, std::as_bytes(std::span(bytes_))},
      {"a \"quoted\" name", graph::DType::kF32, {3}, std::as_bytes(std::span(floats_))},
      {"a.half", graph::DType::kF16, {3, 1}, std::as_bytes(std::span(halves_))},
  };
};

TEST_F(SafetensorsWriter, RoundTrips) {
  const Metadata metadata = {{"card", R"({"name":"x"})"}, {"b", "line\nbreak"}};
  const Status written = write_safetensors(path_, IfExists::kOverwrite, metadata, tensors_);
  ASSERT_TRUE(written.ok()) << written.message();
  const Result<Safetensors> read = Safetensors::open(path_);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->metadata(), metadata);
  ASSERT_EQ(read->tensors().size(), tensors_.size());
  for (const TensorToStore& tensor : tensors_) {
    const StoredTensor* found = read->find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->dtype, tensor.dtype);
    EXPECT_EQ(found->shape, tensor.shape);
    EXPECT_TRUE(std::equal(found->bytes.begin(), found->bytes.end(), tensor.bytes.begin(),
                           tensor.bytes.end()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(found->bytes.data()) % graph::size_bytes(tensor.dtype),
              0u)
        << "written files are aligned";
  }
}

TEST_F(SafetensorsWriter, SameTensorsInAnyOrderGiveTheSameBytes) {
  ASSERT_TRUE(write_safetensors(path_, IfExists::kOverwrite, {}, tensors_).ok());
  const std::string first = contents();
  std::vector<TensorToStore> reversed(tensors_.rbegin(), tensors_.rend());
  ASSERT_TRUE(write_safetensors(path_, IfExists::kOverwrite, {}, reversed).ok());
  EXPECT_EQ(contents(), first);
}

TEST_F(SafetensorsWriter, RefusesWhatTheReaderWouldRefuse) {
  const auto error = [&](TensorToStore tensor) {
    std::vector<TensorToStore> tensors = tensors_;
    tensors.push_back(std::move(tensor));
    const Status status = write_safetensors(path_, IfExists::kFail, {}, std::move(tensors));
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  };
  const auto bytes = std::as_bytes(std::span(floats_));
  EXPECT_THAT(error({"short", graph::DType::kF32, {4}, bytes}),
              HasSubstr("\"short\": expected 16 bytes for F32[4], got 12"));
  EXPECT_THAT(error({"byte", graph::DType::kF32, {3}, bytes}), HasSubstr("twice"));
  EXPECT_THAT(error({"", graph::DType::kF32, {3}, bytes}), HasSubstr("name"));
  EXPECT_THAT(error({"__metadata__", graph::DType::kF32, {3}, bytes}), HasSubstr("name"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SafetensorsWriter, RespectsExistingFiles) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(write_safetensors(path_, IfExists::kFail, {}, tensors_).code(), Code::kCannotCreate);
  EXPECT_EQ(contents(), "precious");
}

}  // namespace
}  // namespace vseal::formats
