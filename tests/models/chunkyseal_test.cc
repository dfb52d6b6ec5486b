// ChunkySeal at full size: 1.8 billion parameters whose shapes are checked without their values.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/model.h"
#include "models/videoseal/sizes.h"

namespace vseal::models {
namespace {

using testing::HasSubstr;
using videoseal::ExpectedTensor;

videoseal::Sizes chunkyseal() {
  videoseal::Sizes sizes;
  sizes.embedder = {false, 3, 1024, 2048, 8, {64, 128, 256, 512}};
  videoseal::ConvNextSizes convnext{2, {}, {3, 3, 27, 3}};
  for (const int dim : {128, 256, 512, 1024}) {
    convnext.dims.push_back(static_cast<int64_t>(dim * std::sqrt(1024.0 / 128)));
  }
  sizes.detector = {convnext, {}, 1024};
  return sizes;
}

std::vector<ExpectedTensor> tensors_of(const videoseal::Sizes& sizes) {
  std::vector<ExpectedTensor> tensors = videoseal::embedder_tensors(sizes.embedder);
  for (ExpectedTensor& tensor : videoseal::detector_tensors(sizes.detector)) {
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

// A safetensors file of zeros that takes no room on the disk: its data is a hole.
class SparseFile {
 public:
  explicit SparseFile(const std::vector<ExpectedTensor>& tensors) {
    nlohmann::ordered_json header;
    uint64_t offset = 0;
    for (const ExpectedTensor& tensor : tensors) {
      const auto dims = tensor.shape.dims();
      const uint64_t end = offset + 4 * static_cast<uint64_t>(tensor.shape.elements());
      header[tensor.name] = {{"dtype", "F32"},
                             {"shape", std::vector<int64_t>(dims.begin(), dims.end())},
                             {"data_offsets", {offset, end}}};
      offset = end;
    }
    std::string json = header.dump();
    json.append((8 - json.size() % 8) % 8, ' ');
    const uint64_t length = json.size();
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    std::fwrite(&length, sizeof(length), 1, file);
    std::fwrite(json.data(), 1, json.size(), file);
    std::fclose(file);
    std::filesystem::resize_file(path_, sizeof(length) + json.size() + offset);
  }
  ~SparseFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_ = testing::TempDir() + "vseal_chunkyseal_" + std::to_string(::getpid());
};

TEST(ChunkySeal, FullSizeShapesMakeBothNetworks) {
  const std::vector<ExpectedTensor> tensors = tensors_of(chunkyseal());
  int64_t embedder = 0, detector = 0;
  for (const ExpectedTensor& tensor : tensors) {
    (tensor.name.starts_with("embedder.") ? embedder : detector) += tensor.shape.elements();
  }
  EXPECT_NEAR(static_cast<double>(embedder), 1.0e9, 0.1e9);
  EXPECT_NEAR(static_cast<double>(detector), 0.8e9, 0.1e9);
  const SparseFile file(tensors);
  const auto model = load_model(file.path());
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ((*model)->card.name, "chunkyseal");
  EXPECT_EQ((*model)->card.bits, 1024);
  EXPECT_EQ((*model)->card.step, 8);
  EXPECT_EQ((*model)->card.embedder_channels, 3);
  const graph::Graph& network = (*model)->detector;
  const auto shape = [&](const std::string& name) {
    return network.tensor(network.find(name)).shape;
  };
  EXPECT_EQ(shape("detector.convnext.downsample_layers.0.0"), (graph::Shape{1, 127, 127, 362}));
  EXPECT_EQ(shape("detector.convnext.downsample_layers.3.1"), (graph::Shape{1, 15, 15, 2896}));
}

TEST(ChunkySeal, EveryWrongTensorIsNamed) {
  std::vector<ExpectedTensor> tensors = tensors_of(chunkyseal());
  std::erase_if(tensors, [](const ExpectedTensor& t) {
    return t.name == "embedder.unet.downs.1.conv.res_conv.bias" ||
           t.name == "detector.convnext.stages.2.13.grn.beta";
  });
  for (ExpectedTensor& tensor : tensors) {
    if (tensor.name == "embedder.unet.outc.weight") tensor.shape = {1, 64, 1, 1};
  }
  const SparseFile file(tensors);
  const auto model = load_model(file.path());
  EXPECT_EQ(model.status().code(), Code::kCorruptInput);
  for (const char* text : {"downs.1.conv.res_conv.bias\": expected a tensor, got nothing",
                           "stages.2.13.grn.beta\": expected a tensor",
                           "outc.weight\": expected [3,64,1,1], got [1,64,1,1]"}) {
    EXPECT_THAT(model.status().message(), HasSubstr(text));
  }
}

}  // namespace
}  // namespace vseal::models
