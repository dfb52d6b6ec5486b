#include "models/videoseal/sizes.h"

#include <fmt/format.h>

namespace vseal::models::videoseal {
namespace {

using graph::Shape;

constexpr int64_t kMaxLayers = 1000;  // of any one kind

// The shape of a filter or matrix from which sizes are read, of the given rank.
Result<Shape> shape_of(const Weights& weights, const std::string& name, int rank) {
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, weights.shape(name));
  if (shape.rank() == rank) return shape;
  return tensor_fault(name, fmt::format("a tensor of rank {}", rank), shape.text());
}

// How many of pattern.0, pattern.1, ... the file has.
int64_t count(const Weights& weights, const std::string& pattern) {
  int64_t n = 0;
  while (n < kMaxLayers && weights.has(fmt::format(fmt::runtime(pattern), n))) ++n;
  return n;
}

Result<EmbedderSizes> derive_embedder(const Weights& weights) {
  EmbedderSizes sizes;
  const std::string unet = "embedder.unet.";
  VSEAL_ASSIGN_OR_RETURN(const Shape first,
                         shape_of(weights, unet + "inc.double_conv.0.weight", 4));
  sizes.rms_norm = !weights.has(unet + "inc.double_conv.1.running_mean");
  sizes.input_channels = first[1];
  if (first[1] != 1 && first[1] != 3) {
    return tensor_fault(unet + "inc.double_conv.0.weight", "1 or 3 input channels", first.text());
  }
  sizes.widths.push_back(first[0]);
  for (int64_t i = 0, steps = count(weights, unet + "downs.{}.down.weight"); i < steps; ++i) {
    VSEAL_ASSIGN_OR_RETURN(const Shape down,
                           shape_of(weights, fmt::format("{}downs.{}.down.weight", unet, i), 4));
    sizes.widths.push_back(down[0]);
  }
  const std::string embedding = "embedder.msg_processor.msg_embeddings.weight";
  VSEAL_ASSIGN_OR_RETURN(const Shape table, shape_of(weights, embedding, 2));
  if (table[0] % 2 != 0 || table[0] > 2 * 4096) {
    return tensor_fault(embedding, "two rows for each of at most 4096 bits", table.text());
  }
  sizes.bits = table[0] / 2;
  sizes.hidden = table[1];
  sizes.bottleneck_blocks = count(weights, unet + "bottleneck.model.{}.double_conv.0.weight");
  return sizes;
}

Result<ConvNextSizes> derive_convnext(const Weights& weights, const EmbedderSizes& embedder) {
  ConvNextSizes sizes;
  const std::string encoder = "detector.convnext.";
  sizes.stem_stride = embedder.input_channels == 3 && !embedder.rms_norm ? 2 : 4;
  for (int64_t i = 0;; ++i) {
    const std::string conv =
        fmt::format("{}downsample_layers.{}.{}.weight", encoder, i, i == 0 ? 0 : 1);
    if (i >= kMaxLayers || !weights.has(conv)) break;
    VSEAL_ASSIGN_OR_RETURN(const Shape filter, shape_of(weights, conv, 4));
    sizes.dims.push_back(filter[0]);
    sizes.depths.push_back(
        count(weights, fmt::format("{}stages.{}.{{}}.dwconv.weight", encoder, i)));
  }
  return sizes;
}

// The side of the window whose table of relative positions has `rows` rows: 2 * side - 1.
Result<int64_t> window_side(const Weights& weights, const std::string& table, int64_t grid) {
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, shape_of(weights, table, 2));
  const int64_t side = (shape[0] + 1) / 2;
  if (shape[0] % 2 == 1 && grid % side == 0) return side;
  return tensor_fault(table, fmt::format("2s-1 rows, s dividing {}", grid), shape.text());
}

Result<VitSizes> derive_vit(const Weights& weights) {
  VitSizes sizes;
  const std::string encoder = "detector.image_encoder.";
  VSEAL_ASSIGN_OR_RETURN(const Shape position, shape_of(weights, encoder + "pos_embed", 4));
  VSEAL_ASSIGN_OR_RETURN(const Shape patch,
                         shape_of(weights, encoder + "patch_embed.proj.weight", 4));
  VSEAL_ASSIGN_OR_RETURN(const Shape neck, shape_of(weights, encoder + "neck.0.weight", 4));
  VSEAL_ASSIGN_OR_RETURN(const Shape mlp,
                         shape_of(weights, encoder + "blocks.0.mlp.lin1.weight", 2));
  VSEAL_ASSIGN_OR_RETURN(const Shape head,
                         shape_of(weights, encoder + "blocks.0.attn.rel_pos_h", 2));
  sizes.patch = patch[2];
  sizes.grid = position[1];
  sizes.width = position[3];
  sizes.mlp = mlp[0];
  sizes.head_width = head[1];
  sizes.neck = neck[0];
  if (sizes.width % sizes.head_width != 0) {
    return tensor_fault(encoder + "blocks.0.attn.rel_pos_h",
                        fmt::format("columns that divide {}", sizes.width), head.text());
  }
  const int64_t blocks = count(weights, encoder + "blocks.{}.attn.rel_pos_h");
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string table = fmt::format("{}blocks.{}.attn.rel_pos_h", encoder, i);
    VSEAL_ASSIGN_OR_RETURN(const int64_t side, window_side(weights, table, sizes.grid));
    sizes.window_sides.push_back(side);
  }
  return sizes;
}

// A list of tensors that grows module by module.
class Tensors {
 public:
  void add(const std::string& name, Shape shape) { list_.push_back({name, std::move(shape)}); }
  void affine(const std::string& module, Shape weight) {
    const int64_t out = weight[0];
    add(module + ".weight", std::move(weight));
    add(module + ".bias", {out});
  }
  void layer_norm(const std::string& module, int64_t c) { affine(module, {c}); }
  void norm(const std::string& module, int64_t c, bool rms) {
    if (rms) return add(module + ".gamma", {c, 1, 1});
    affine(module, {c});
    add(module + ".running_mean", {c});
    add(module + ".running_var", {c});
  }
  void resnet_block(const std::string& module, int64_t in, int64_t out, bool rms) {
    add(module + ".double_conv.0.weight", {out, in, 3, 3});
    norm(module + ".double_conv.1", out, rms);
    add(module + ".double_conv.3.weight", {out, out, 3, 3});
    norm(module + ".double_conv.4", out, rms);
    affine(module + ".res_conv", {out, in, 1, 1});
  }
  std::vector<ExpectedTensor> finish() { return std::move(list_); }

 private:
  std::vector<ExpectedTensor> list_;
};

void add_convnext(const ConvNextSizes& sizes, Tensors& tensors) {
  const std::string encoder = "detector.convnext.";
  for (size_t i = 0; i < sizes.dims.size(); ++i) {
    const std::string down = fmt::format("{}downsample_layers.{}.", encoder, i);
    const int64_t c = sizes.dims[i];
    if (i == 0) {
      tensors.affine(down + "0", {c, 3, 4, 4});
      tensors.layer_norm(down + "1", c);
    } else {
      tensors.layer_norm(down + "0", sizes.dims[i - 1]);
      tensors.affine(down + "1", {c, sizes.dims[i - 1], 2, 2});
    }
    for (int64_t j = 0; j < sizes.depths[i]; ++j) {
      const std::string block = fmt::format("{}stages.{}.{}.", encoder, i, j);
      tensors.affine(block + "dwconv", {c, 1, 7, 7});
      tensors.layer_norm(block + "norm", c);
      tensors.affine(block + "pwconv1", {4 * c, c});
      tensors.add(block + "grn.gamma", {1, 1, 1, 4 * c});
      tensors.add(block + "grn.beta", {1, 1, 1, 4 * c});
      tensors.affine(block + "pwconv2", {c, 4 * c});
    }
  }
}

void add_vit(const VitSizes& s, Tensors& tensors) {
  const std::string encoder = "detector.image_encoder.";
  tensors.add(encoder + "pos_embed", {1, s.grid, s.grid, s.width});
  tensors.affine(encoder + "patch_embed.proj", {s.width, 3, s.patch, s.patch});
  for (size_t i = 0; i < s.window_sides.size(); ++i) {
    const std::string block = fmt::format("{}blocks.{}.", encoder, i);
    const int64_t rows = 2 * s.window_sides[i] - 1;
    tensors.layer_norm(block + "norm1", s.width);
    tensors.add(block + "attn.rel_pos_h", {rows, s.head_width});
    tensors.add(block + "attn.rel_pos_w", {rows, s.head_width});
    tensors.affine(block + "attn.qkv", {3 * s.width, s.width});
    tensors.affine(block + "attn.proj", {s.width, s.width});
    tensors.layer_norm(block + "norm2", s.width);
    tensors.affine(block + "mlp.lin1", {s.mlp, s.width});
    tensors.affine(block + "mlp.lin2", {s.width, s.mlp});
  }
  tensors.add(encoder + "neck.0.weight", {s.neck, s.width, 1, 1});
  tensors.layer_norm(encoder + "neck.1", s.neck);
  tensors.add(encoder + "neck.2.weight", {s.neck, s.neck, 3, 3});
  tensors.layer_norm(encoder + "neck.3", s.neck);
}

}  // namespace

bool is_family(const Weights& weights) {
  return weights.has("embedder.unet.inc.double_conv.0.weight");
}

Result<Sizes> derive_sizes(const Weights& weights) {
  Sizes sizes;
  VSEAL_ASSIGN_OR_RETURN(sizes.embedder, derive_embedder(weights));
  if (weights.has("detector.image_encoder.pos_embed")) {
    VSEAL_ASSIGN_OR_RETURN(sizes.detector.vit, derive_vit(weights));
  } else {
    VSEAL_ASSIGN_OR_RETURN(sizes.detector.convnext, derive_convnext(weights, sizes.embedder));
    if (sizes.detector.convnext->dims.empty()) {
      return tensor_fault("detector.convnext.downsample_layers.0.0.weight", "a tensor", "nothing");
    }
  }
  const std::string last = "detector.pixel_decoder.linear.weight";
  VSEAL_ASSIGN_OR_RETURN(const Shape logits, shape_of(weights, last, 2));
  sizes.detector.bits = logits[0] - 1;
  if (sizes.detector.bits == sizes.embedder.bits) return sizes;
  return tensor_fault(last, fmt::format("{} rows", sizes.embedder.bits + 1), logits.text());
}

std::vector<ExpectedTensor> embedder_tensors(const EmbedderSizes& sizes) {
  Tensors tensors;
  const std::string unet = "embedder.unet.";
  const bool rms = sizes.rms_norm;
  const std::vector<int64_t>& z = sizes.widths;
  tensors.add("embedder.msg_processor.msg_embeddings.weight", {2 * sizes.bits, sizes.hidden});
  tensors.resnet_block(unet + "inc", sizes.input_channels, z[0], rms);
  for (size_t i = 0; i + 1 < z.size(); ++i) {
    const std::string down = fmt::format("{}downs.{}.", unet, i);
    tensors.affine(down + "down", {z[i + 1], z[i], 3, 3});
    tensors.resnet_block(down + "conv", z[i + 1], z[i + 1], rms);
  }
  for (int64_t i = 0; i < sizes.bottleneck_blocks; ++i) {
    tensors.resnet_block(fmt::format("{}bottleneck.model.{}", unet, i), sizes.deepest(),
                         sizes.deepest(), rms);
  }
  for (size_t i = 0; i + 1 < z.size(); ++i) {
    const std::string up = fmt::format("{}ups.{}.", unet, i);
    const size_t level = z.size() - 1 - i;
    const int64_t in = i == 0 ? sizes.deepest() : z[level];
    tensors.add(up + "up.upsample_block.2.weight", {z[level - 1], 2 * in, 3, 3});
    tensors.layer_norm(up + "up.upsample_block.3", z[level - 1]);
    tensors.resnet_block(up + "conv", z[level - 1], z[level - 1], rms);
  }
  tensors.affine(unet + "outc", {sizes.input_channels, z[0], 1, 1});
  return tensors.finish();
}

std::vector<ExpectedTensor> detector_tensors(const DetectorSizes& sizes) {
  Tensors tensors;
  if (sizes.convnext) add_convnext(*sizes.convnext, tensors);
  if (sizes.vit) add_vit(*sizes.vit, tensors);
  const int64_t c = sizes.features();
  const std::string decoder = "detector.pixel_decoder.";
  tensors.add(decoder + "output_upscaling.0.upsample_block.2.weight", {c, c, 3, 3});
  tensors.layer_norm(decoder + "output_upscaling.0.upsample_block.3", c);
  tensors.affine(decoder + "linear", {sizes.bits + 1, c});
  return tensors.finish();
}

Status check_tensors(const Weights& weights, const Sizes& sizes) {
  constexpr int kListed = 20;
  std::string faults;
  int count = 0;
  for (const auto& tensors : {embedder_tensors(sizes.embedder), detector_tensors(sizes.detector)}) {
    for (const ExpectedTensor& tensor : tensors) {
      const Result<Shape> shape = weights.shape(tensor.name);
      if (shape.ok() && *shape == tensor.shape) continue;
      if (++count > kListed) continue;
      faults += count == 1 ? "" : "; ";
      faults += shape.ok() ? tensor_fault(tensor.name, tensor.shape.text(), shape->text()).message()
                           : shape.status().message();
    }
  }
  if (count == 0) return {};
  if (count > kListed) faults += fmt::format("; and {} more", count - kListed);
  return corrupt_input(faults);
}

Status check_constants(Weights& weights) {
  struct Known {
    const char* name;
    Shape shape;
    std::vector<float> values;
  };
  const std::vector<Known> known = {
      {"rgb2yuv.M",
       {3, 3},
       {0.299f, 0.587f, 0.114f, -0.14713f, -0.28886f, 0.436f, 0.615f, -0.51499f, -0.10001f}},
      {"attenuation.conv_x.weight", {1, 1, 3, 3}, {-1, 0, 1, -2, 0, 2, -1, 0, 1}},
      {"attenuation.conv_y.weight", {1, 1, 3, 3}, {1, 2, 1, 0, 0, 0, -1, -2, -1}},
      {"attenuation.conv_lum.weight", {1, 1, 5, 5}, {1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 0,
                                                     2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1}}};
  for (const Known& constant : known) {
    if (!weights.has(constant.name)) continue;
    VSEAL_ASSIGN_OR_RETURN(const formats::CheckpointTensor* tensor,
                           weights.take(constant.name, constant.shape));
    std::vector<float> values(constant.values.size());
    VSEAL_RETURN_IF_ERROR(formats::read_f32(*tensor, values));
    for (size_t i = 0; i < values.size(); ++i) {
      // A half has 11 bits.
      if (std::abs(values[i] - constant.values[i]) <= 1e-3f) continue;
      return tensor_fault(constant.name, fmt::format("{} at {}", constant.values[i], i),
                          fmt::to_string(values[i]));
    }
  }
  return {};
}

bool is_known_extra(const std::string& name) {
  return name.ends_with(".num_batches_tracked") ||
         name == "embedder.unet.msg_processor.msg_embeddings.weight";
}

}  // namespace vseal::models::videoseal
