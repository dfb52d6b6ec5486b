// What is written is read back the same.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "formats/safetensors.h"

namespace vseal::formats {
namespace {

using testing::HasSubstr;

graph::Tensor stored(const std::string& name, graph::DType dtype, graph::Shape shape,
                     std::span<const std::byte> bytes) {
  return {.name = name, .dtype = dtype, .shape = std::move(shape), .data = {.bytes = bytes}};
}

class SafetensorsWriter : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::string contents() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }

  const std::string path_ = testing::TempDir() + "vseal_safetensors_writer_test_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::vector<float> floats_ = {1.0f, -2.5f, 3.25f};
  const std::vector<uint16_t> halves_ = {0x3c00, 0x4000, 0x4200};
  const std::vector<uint8_t> bytes_ = {7};
  const std::vector<graph::Tensor> tensors_ = {
      stored("z.half", graph::DType::kF16, {1, 3}, std::as_bytes(std::span(halves_))),
      stored("byte", graph::DType::kU8, {1}, std::as_bytes(std::span(bytes_))),
      stored("a \"quoted\" name", graph::DType::kF32, {3}, std::as_bytes(std::span(floats_))),
      stored("a.half", graph::DType::kF16, {3, 1}, std::as_bytes(std::span(halves_))),
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
  for (const graph::Tensor& tensor : tensors_) {
    const StoredTensor* found = read->find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->dtype, tensor.dtype);
    EXPECT_EQ(found->shape, tensor.shape);
    EXPECT_TRUE(std::equal(found->bytes.begin(), found->bytes.end(), tensor.data.bytes.begin(),
                           tensor.data.bytes.end()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(found->bytes.data()) % graph::size_bytes(tensor.dtype),
              0u)
        << "written files are aligned";
  }
}

class Sevens : public graph::ConstantSource {
 public:
  Status read(std::span<std::byte> out) const override {
    std::ranges::fill(out, std::byte{7});
    return failure;
  }
  Status failure;
};

TEST_F(SafetensorsWriter, AsksSourcesForTheirValues) {
  const auto sevens = std::make_shared<Sevens>();
  const graph::Tensor tensor{.name = "made", .shape = {2}, .data = {.source = sevens}};
  ASSERT_TRUE(write_safetensors(path_, IfExists::kOverwrite, {}, {tensor}).ok());
  const Safetensors read = Safetensors::open(path_).value();
  EXPECT_THAT(read.find("made")->bytes, testing::Each(std::byte{7}));
  EXPECT_EQ(read.find("made")->bytes.size(), 8u);
  sevens->failure = corrupt_input("gone");
  EXPECT_EQ(write_safetensors(path_, IfExists::kOverwrite, {}, {tensor}).code(),
            Code::kCorruptInput);
  EXPECT_TRUE(Safetensors::open(path_).ok()) << "the older file stays";
}

TEST_F(SafetensorsWriter, SameTensorsInAnyOrderGiveTheSameBytes) {
  ASSERT_TRUE(write_safetensors(path_, IfExists::kOverwrite, {}, tensors_).ok());
  const std::string first = contents();
  std::vector<graph::Tensor> reversed(tensors_.rbegin(), tensors_.rend());
  ASSERT_TRUE(write_safetensors(path_, IfExists::kOverwrite, {}, reversed).ok());
  EXPECT_EQ(contents(), first);
}

TEST_F(SafetensorsWriter, RefusesWhatTheReaderWouldRefuse) {
  const auto error = [&](graph::Tensor tensor) {
    std::vector<graph::Tensor> tensors = tensors_;
    tensors.push_back(std::move(tensor));
    const Status status = write_safetensors(path_, IfExists::kFail, {}, std::move(tensors));
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  };
  const auto bytes = std::as_bytes(std::span(floats_));
  EXPECT_THAT(error(stored("short", graph::DType::kF32, {4}, bytes)),
              HasSubstr("\"short\": expected 16 bytes for F32[4], got 12"));
  EXPECT_THAT(error(stored("byte", graph::DType::kF32, {3}, bytes)), HasSubstr("twice"));
  EXPECT_THAT(error(stored("", graph::DType::kF32, {3}, bytes)), HasSubstr("name"));
  EXPECT_THAT(error(stored("__metadata__", graph::DType::kF32, {3}, bytes)), HasSubstr("name"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SafetensorsWriter, RespectsExistingFiles) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(write_safetensors(path_, IfExists::kFail, {}, tensors_).code(), Code::kCannotCreate);
  EXPECT_EQ(contents(), "precious");
}

}  // namespace
}  // namespace vseal::formats
