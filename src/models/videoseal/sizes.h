// The VideoSeal family as data: what its networks' sizes are, read off the tensors' shapes, and
// which tensors a network of these sizes has. Sources: networks.md of the design; upstream's
// modules/unet.py, modules/convnext.py, modules/vit.py, modules/pixel_decoder.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/tensor.h"
#include "models/weights.h"

namespace vseal::models::videoseal {

// U-Net with the message beside its deepest latent.
struct EmbedderSizes {
  bool rms_norm = false;       // ChanRMSNorm and SiLU; else BatchNorm and ReLU
  int64_t input_channels = 1;  // 1: luma, 3: RGB; as many come out
  int64_t bits = 0;            // n
  int64_t hidden = 0;          // channels of the message
  int64_t bottleneck_blocks = 0;
  std::vector<int64_t> widths;  // of the first block and after each step down

  int64_t deepest() const { return widths.back() + hidden; }
};

// ConvNeXtV2.
struct ConvNextSizes {
  int stem_stride = 4;
  std::vector<int64_t> dims;    // channels of each stage
  std::vector<int64_t> depths;  // blocks of each stage
};

// SAM's vision transformer.
struct VitSizes {
  int64_t patch = 16;
  int64_t grid = 16;  // patches a side: the picture's size is patch * grid
  int64_t width = 0;
  int64_t mlp = 0;  // hidden values of a block's MLP
  int64_t head_width = 0;
  int64_t neck = 0;                   // output channels
  std::vector<int64_t> window_sides;  // of each block; that of a global one is the grid's
};

// One of the two is there. Its features go through the pixel decoder.
struct DetectorSizes {
  std::optional<ConvNextSizes> convnext;
  std::optional<VitSizes> vit;
  int64_t bits = 0;

  int64_t features() const { return convnext ? convnext->dims.back() : vit->neck; }
};

struct Sizes {
  EmbedderSizes embedder;
  DetectorSizes detector;
};

// Whether the tensors' names are this family's.
bool is_family(const Weights& weights);

// Every size from the tensors' shapes. What no shape tells comes from the family: a stem of stride
// 2 belongs to RGB with BatchNorm (ChunkySeal). kCorruptInput for a tensor that is missing where a
// size should be read, or whose shape contradicts the others.
Result<Sizes> derive_sizes(const Weights& weights);

// A tensor that networks of given sizes have, in PyTorch's order of axes.
struct ExpectedTensor {
  std::string name;
  graph::Shape shape;
};
std::vector<ExpectedTensor> embedder_tensors(const EmbedderSizes& sizes);
std::vector<ExpectedTensor> detector_tensors(const DetectorSizes& sizes);

// Names in one error all tensors that are missing or misshapen (the first 20 of them).
Status check_tensors(const Weights& weights, const Sizes& sizes);

// Tensors that belong to the family but to neither network, with the values they must have.
// kCorruptInput when rgb2yuv.M or attenuation.* are there and differ from upstream's constants.
Status check_constants(Weights& weights);

// Names that a checkpoint of the family may have beside the networks' own: counters of BatchNorm
// and the second name of the message embedding.
bool is_known_extra(const std::string& name);

}  // namespace vseal::models::videoseal
