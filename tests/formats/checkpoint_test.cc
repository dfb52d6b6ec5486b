// What PyTorch itself has written: the fixtures, and the small files of the fuzzers' corpus.
#include "formats/checkpoint.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "formats/torch_builder.h"

namespace vseal::formats {
namespace {

using testing::ElementsAre;

std::string source(const std::string& path) { return std::string(VSEAL_SOURCE_DIR) + "/" + path; }

Checkpoint read(const std::string& path) {
  auto file = Checkpoint::open(source(path));
  EXPECT_TRUE(file.ok()) << file.status().message();
  return file.ok() ? *std::move(file) : Checkpoint();
}

std::vector<float> values(const Checkpoint& file, const std::string& name) {
  const CheckpointTensor* tensor = file.find(name);
  if (tensor == nullptr) {
    ADD_FAILURE() << name << " is missing";
    return {};
  }
  std::vector<float> out(static_cast<size_t>(tensor->shape.elements()));
  EXPECT_TRUE(read_f32(*tensor, out).ok());
  return out;
}

std::vector<std::string> names(const Checkpoint& file) {
  std::vector<std::string> all;
  for (const CheckpointTensor& tensor : file.tensors()) all.push_back(tensor.name);
  return all;
}

TEST(Checkpoint, EveryFormatHoldsTheSameNetwork) {
  const std::string base = "tests/data/tiny_videoseal_1.0";
  const Checkpoint plain = read(base + ".safetensors");
  EXPECT_EQ(plain.kind(), CheckpointKind::kSafetensors);
  const Checkpoint zip = read(base + ".pth"), legacy = read(base + "_legacy.pth");
  EXPECT_EQ(zip.kind(), CheckpointKind::kTorchZip);
  EXPECT_EQ(legacy.kind(), CheckpointKind::kTorchLegacy);
  ASSERT_GT(plain.tensors().size(), 200u);
  for (const CheckpointTensor& tensor : plain.tensors()) {
    for (const Checkpoint* other : {&zip, &legacy}) {
      ASSERT_NE(other->find(tensor.name), nullptr) << tensor.name;
      EXPECT_EQ(other->find(tensor.name)->shape, tensor.shape) << tensor.name;
      EXPECT_EQ(values(*other, tensor.name), values(plain, tensor.name)) << tensor.name;
    }
  }
}

TEST(Checkpoint, HalvesStayHalves) {
  const Checkpoint half = read("tests/data/tiny_videoseal_1.0_half.pth");
  const Checkpoint full = read("tests/data/tiny_videoseal_1.0.pth");
  const std::string name = "embedder.unet.inc.double_conv.0.weight";
  EXPECT_EQ(half.find(name)->type, ElementType::kF16);
  EXPECT_EQ(half.find(name)->storage.size(), full.find(name)->storage.size() / 2);
  EXPECT_NEAR(values(half, name)[1], values(full, name)[1], 1e-3);
}

TEST(Checkpoint, ArgsArePlainData) {
  const auto args = nlohmann::json::parse(read("fuzz/corpus/zip/state.pth").args());
  EXPECT_EQ(args, nlohmann::json::parse(R"({"nbits":4,"scaling_w":0.2,"attenuation":null,
                                            "l":[1,2.5,"x",true],"t":[1,2]})"));
  EXPECT_EQ(read("fuzz/corpus/zip/bare.pth").args(), "");
}

TEST(Checkpoint, StridesScalarsAndParameters) {
  for (const char* path : {"fuzz/corpus/zip/state.pth", "fuzz/corpus/torch_legacy/bare.pth"}) {
    const Checkpoint file = read(path);
    EXPECT_THAT(names(file), ElementsAre("a", "b.t", "h", "n", "p"));
    EXPECT_THAT(values(file, "a"), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(values(file, "b.t"), ElementsAre(0, 3, 1, 4, 2, 5)) << "a transposed view";
    EXPECT_FALSE(contiguous_bytes(*file.find("b.t")).has_value());
    EXPECT_EQ(contiguous_bytes(*file.find("a"))->size(), 24u);
    EXPECT_EQ(file.find("a")->storage.data(), file.find("b.t")->storage.data()) << "one storage";
    EXPECT_THAT(values(file, "n"), ElementsAre(3));
    EXPECT_EQ(file.find("n")->shape.rank(), 0);
    EXPECT_THAT(values(file, "p"), ElementsAre(3, 4, 5)) << "a row of a, with an offset";
  }
}

TEST(Checkpoint, ScriptsGiveTensorsByPath) {
  for (const char* path : {"fuzz/corpus/checkpoint/script.pt", "fuzz/corpus/checkpoint/trace.pt"}) {
    const Checkpoint file = read(path);
    EXPECT_EQ(file.kind(), CheckpointKind::kTorchScript);
    EXPECT_NE(file.find("lin.weight"), nullptr) << path;
    EXPECT_NE(file.find("l.0.bias"), nullptr) << path;
    EXPECT_THAT(values(file, "k"), ElementsAre(1, 1, 1));
  }
  EXPECT_THAT(values(read("fuzz/corpus/checkpoint/trace.pt"), "constants.0"), ElementsAre(1, 2));
}

TEST(Checkpoint, OtherTypesAreWidened) {
  struct Case {
    const char* storage;
    std::string bytes;
    float value;
  };
  for (const Case& c :
       {Case{"BFloat16Storage", le(uint16_t{0xC040}), -3.0f},
        Case{"DoubleStorage", le(std::bit_cast<uint64_t>(0.1)), 0.1f},
        Case{"LongStorage", le(int64_t{-7}), -7.0f},
        Case{"ShortStorage", le(int16_t{-300}), -300.0f},
        Case{"CharStorage", le(int8_t{-5}), -5.0f}, Case{"BoolStorage", "\x01", 1.0f}}) {
    TensorFields tensor;
    tensor.storage = c.storage;
    tensor.count = 1;
    tensor.sizes = tensor.strides = {1};
    const std::string bytes = archive_of(tensor.pickle(), c.bytes).build();
    const auto file = Checkpoint::parse(std::as_bytes(std::span(bytes)), nullptr);
    ASSERT_TRUE(file.ok()) << file.status().message();
    EXPECT_THAT(values(*file, "w"), ElementsAre(c.value)) << c.storage;
  }
}

// Training state beside the model may be of any class: it is not looked at.
TEST(Checkpoint, ForeignObjectsBesideTheModelAreInert) {
  PickleBuilder p;
  p.proto().dict().mark().text("optimizer").global("torch.optim", "Adam").mark().tuple().raw("R");
  p.text("model").dict().mark().text("w");
  TensorFields{}.write(p);
  p.raw("u").text("args").global("argparse", "Namespace").raw(")\x81}b").raw("u").stop();
  const std::string bytes = archive_of(p.bytes()).build();
  const auto file = Checkpoint::parse(std::as_bytes(std::span(bytes)), nullptr);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_THAT(names(*file), ElementsAre("w"));
  EXPECT_EQ(file->args(), "null");
}

// Sizes and places of 64 bits, as a file beyond 4 GiB has them.
TEST(Checkpoint, Zip64) {
  ArchiveFields archive = archive_of(TensorFields{}.pickle());
  EntryFields& storage = archive.entries[1];
  const auto offset = static_cast<uint64_t>(30 + 16 + archive.entries[0].data.size());
  storage.central_size = 0xFFFFFFFF;
  storage.local_offset = 0xFFFFFFFF;
  storage.central_extra =
      le(uint16_t{1}) + le(uint16_t{24}) + le(uint64_t{24}) + le(uint64_t{24}) + le(offset);
  std::string bytes = archive.build();
  const size_t end = bytes.size() - 22;
  const std::string directory_bytes = bytes.substr(end + 12, 4),
                    directory = bytes.substr(end + 16, 4);
  const std::string zeros(4, '\0');
  bytes.resize(end);
  bytes += "PK\x06\x06" + le(uint64_t{44}) + le(uint32_t{0}) + le(uint64_t{0}) + le(uint64_t{3}) +
           le(uint64_t{3}) + directory_bytes + zeros + directory + zeros;
  bytes += "PK\x06\x07" + le(uint32_t{0}) + le(uint64_t{end}) + le(uint32_t{1});
  bytes += "PK\x05\x06" + le(uint32_t{0}) + le(uint16_t{0xFFFF}) + le(uint16_t{0xFFFF}) +
           le(uint64_t{~uint64_t{0}}) + le(uint16_t{0});
  const auto file = Checkpoint::parse(std::as_bytes(std::span(bytes)), nullptr);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->find("w")->storage.size(), 24u);
}

}  // namespace
}  // namespace vseal::formats
