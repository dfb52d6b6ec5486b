// The published models at full size, their weights filled by rule.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "models/fill_rule.h"
#include "models/videoseal/sizes.h"

namespace vseal::models {

struct FullSize {
  const char* name;  // of its golden vectors
  videoseal::Sizes sizes;
};

inline void PrintTo(const FullSize& model, std::ostream* out) { *out << model.name; }

// Those whose golden vectors upstream computed.
inline std::vector<FullSize> full_sizes() {
  const videoseal::ConvNextSizes tiny{4, {96, 192, 384, 768}, {3, 3, 9, 3}};
  videoseal::VitSizes vit{16, 16, 384, 1536, 64, 384, std::vector<int64_t>(12, 8)};
  for (const size_t global : {2, 5, 8, 11}) vit.window_sides[global] = 16;
  return {{"videoseal_1.0", {{false, 1, 256, 256, 8, {16, 32, 64, 128}}, {tiny, {}, 256}}},
          {"pixelseal", {{false, 1, 256, 256, 8, {32, 64, 128, 256}}, {tiny, {}, 256}}},
          {"videoseal_0.0", {{true, 3, 96, 192, 8, {16, 32, 64, 128}}, {{}, vit, 96}}}};
}

// Writes a safetensors checkpoint of a network of these sizes.
inline Status write_filled(const videoseal::Sizes& sizes, const std::string& path) {
  std::vector<graph::Tensor> tensors;
  for (const auto& list :
       {videoseal::embedder_tensors(sizes.embedder), videoseal::detector_tensors(sizes.detector)}) {
    for (const auto& tensor : list) tensors.push_back(filled_by_rule(tensor.name, tensor.shape));
  }
  return formats::write_safetensors(path, IfExists::kOverwrite, {}, std::move(tensors));
}

}  // namespace vseal::models
