#include "family_models.h"

#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "formats/safetensors.h"
#include "models/fill_rule.h"
#include "models/videoseal/sizes.h"

namespace vseal::bench {
namespace {

constexpr const char* kNames[] = {"VideoSeal 1.0", "VideoSeal 0.0"};

models::videoseal::Sizes sizes_of(const std::string& name) {
  if (name == kNames[0]) {
    return {.embedder = {false, 1, 256, 256, 8, {16, 32, 64, 128}},
            .detector = {{{4, {96, 192, 384, 768}, {3, 3, 9, 3}}}, {}, 256}};
  }
  models::videoseal::VitSizes vit{16, 16, 384, 1536, 64, 384, std::vector<int64_t>(12, 8)};
  for (const size_t global : {2, 5, 8, 11}) vit.window_sides[global] = vit.grid;
  return {.embedder = {true, 3, 96, 192, 8, {16, 32, 64, 128}}, .detector = {{}, vit, 96}};
}

}  // namespace

std::span<const char* const> family_models() { return kNames; }

Result<std::shared_ptr<const models::Model>> family_model(const std::string& name) {
  const models::videoseal::Sizes sizes = sizes_of(name);
  std::vector<graph::Tensor> tensors;
  for (const auto& list : {models::videoseal::embedder_tensors(sizes.embedder),
                           models::videoseal::detector_tensors(sizes.detector)}) {
    for (const auto& tensor : list) {
      tensors.push_back(models::filled_by_rule(tensor.name, tensor.shape));
    }
  }
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("vseal_bench_" + std::to_string(getpid()) + ".safetensors");
  VSEAL_RETURN_IF_ERROR(
      formats::write_safetensors(path, IfExists::kOverwrite, {}, std::move(tensors)));
  auto model = models::load_model(path);
  std::filesystem::remove(path);  // the model keeps it mapped
  return model;
}

}  // namespace vseal::bench
