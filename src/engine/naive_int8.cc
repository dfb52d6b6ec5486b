// Integer ops by the reference kernels.
#include <cstring>

#include "engine/convert.h"
#include "engine/int8_scales.h"
#include "engine/reference_op.h"
#include "kernels/int8/contract.h"

namespace vseal::engine {
namespace {

using graph::Op;
using graph::Tensor;
using graph::TensorId;

// The visitor of one op: an overload for each kind that computes on integers or makes them.
class IntegerRun {
 public:
  IntegerRun(const Op& op, const graph::Graph& graph, std::span<std::byte* const> values)
      : op_(op), graph_(graph), values_(values), in_(extents(tensor(0).shape)) {}

  void operator()(const graph::Conv2d& a) const {
    const Int8Scales scales = int8_scales(op_, graph_, weight_scale());
    kernels::reference_conv2d_i8(conv2d_shape(a, tensor(0).shape, tensor(1).shape),
                                 arguments(scales));
  }
  void operator()(const graph::DepthwiseConv2d& a) const {
    const Int8Scales scales = int8_scales(op_, graph_, weight_scale());
    kernels::reference_depthwise_i8(depthwise_shape(a, tensor(0).shape, tensor(1).shape),
                                    arguments(scales));
  }
  void operator()(const graph::Linear&) const {
    const Int8Scales scales = int8_scales(op_, graph_, weight_scale());
    kernels::reference_conv2d_i8(linear_as_conv2d(tensor(0).shape, tensor(1).shape),
                                 arguments(scales));
  }
  void operator()(const graph::Quantize&) const {
    kernels::reference_quantize(f32(0), elements(), 1.0f / op_.type.scale, op_.type.zero_point,
                                y_i8());
  }
  void operator()(const graph::Dequantize&) const {
    kernels::reference_dequantize(i8(0), elements(), quantization(tensor(0).type()), y_f32());
  }
  void operator()(const graph::QuantizeBias& a) const {
    const int64_t c = tensor(1).shape[0];
    const std::vector<float> inverse = bias_inverse_scales(a, f32(1), c);
    kernels::reference_quantize_bias(f32(0), elements() / c, static_cast<int>(c), inverse.data(),
                                     f32(2), reinterpret_cast<int32_t*>(y()));
  }
  void operator()(const graph::Add&) const {
    kernels::reference_add_i8(operand(0), operand(1), elements(), op_.type.zero_point, y_i8());
  }
  void operator()(const graph::Concat&) const {
    const int64_t stride = extents(graph_.tensor(op_.output).shape).c;
    int8_t* to = y_i8();
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      const int width = extents(tensor(i).shape).c;
      kernels::reference_requantize(operand(i), in_.pixels(), width, stride, op_.type.zero_point,
                                    to);
      to += width;
    }
  }
  void operator()(const graph::Activate& a) const {
    int8_t table[256];
    kernels::activation_table(quantization(tensor(0).type()), to_kernel(a.activation),
                              quantization(op_.type), table);
    kernels::reference_look_up(i8(0), elements(), table, y_i8());
  }
  void operator()(const graph::LayerNorm& a) const {
    const Int8NormScales scales =
        layer_norm_scales(a, tensor(0).type(), op_.type, in_.c, f32(1), f32(2));
    kernels::reference_layer_norm_i8(in_.pixels(), in_.c, norm(scales));
  }
  void operator()(const graph::ChannelRmsNorm&) const {
    const Int8NormScales scales = rms_norm_scales(tensor(0).type(), op_.type, in_.c, f32(1));
    kernels::reference_rms_norm_i8(in_.pixels(), in_.c, norm(scales));
  }
  void operator()(const graph::GlobalResponseNorm& a) const {
    const Int8NormScales scales = response_norm_scales(a, tensor(0).type(), op_.type, in_.c, f32(1),
                                                       f32(2), a.has_factor ? f32(3) : nullptr);
    kernels::reference_response_norm_i8(in_.n, int64_t{in_.h} * in_.w, in_.c, norm(scales),
                                        scales.factor.data());
  }
  void operator()(const graph::ResizeBilinear& a) const {
    kernels::reference_resize_i8(i8(0), in_.n, in_.h, in_.w, in_.c, a.height, a.width,
                                 op_.type.zero_point, y_i8());
  }
  void operator()(const graph::SpatialMean&) const { fold_mean(1, 1); }
  void operator()(const graph::FoldMean& a) const { fold_mean(a.height, a.width); }
  void operator()(const graph::SpaceToDepth& a) const {
    kernels::reference_space_to_depth_i8(i8(0), in_.n, in_.h, in_.w, in_.c, a.block, y_i8());
  }
  void operator()(const graph::DepthToSpace& a) const {
    kernels::reference_depth_to_space_i8(i8(0), in_.n, in_.h, in_.w, in_.c, a.block, y_i8());
  }
  void operator()(const graph::Tile& a) const {
    kernels::reference_tile_i8(i8(0), in_.n, in_.h, in_.w, in_.c, a.rows, a.columns, y_i8());
  }
  void operator()(const graph::Reshape&) const {
    std::memcpy(y(), x(0), static_cast<size_t>(elements()) * graph::size_bytes(op_.type.dtype));
  }
  // check_types lets no other op read or write integers.
  template <typename Other>
  void operator()(const Other&) const {}

 private:
  const Tensor& tensor(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  std::byte* value(TensorId id) const {
    return id == graph::kNoTensor ? nullptr : values_[static_cast<size_t>(id)];
  }
  const std::byte* x(size_t i) const { return value(op_.inputs[i]); }
  std::byte* y() const { return value(op_.output); }
  const int8_t* i8(size_t i) const { return reinterpret_cast<const int8_t*>(x(i)); }
  const float* f32(size_t i) const { return reinterpret_cast<const float*>(x(i)); }
  int8_t* y_i8() const { return reinterpret_cast<int8_t*>(y()); }
  float* y_f32() const { return reinterpret_cast<float*>(y()); }
  bool writes_i8() const { return op_.type.dtype == graph::DType::kI8; }
  int64_t elements() const { return graph_.tensor(op_.output).shape.elements(); }
  const float* weight_scale() const { return f32(op_.inputs.size() - 1); }

  kernels::Int8Operand operand(size_t i) const {
    return {i8(i), tensor(i).zero_point, scale_ratio(tensor(i).type(), op_.type)};
  }
  kernels::Int8ConvArguments arguments(const Int8Scales& scales) const {
    const graph::WeightedInputs in = graph::weighted_inputs(op_);
    kernels::Int8ConvArguments a;
    a.x = i8(0);
    a.x_zero_point = scales.x_zero_point;
    a.weight = i8(1);
    a.bias = reinterpret_cast<const int32_t*>(value(in.bias));
    a.bias_layout = scales.bias_layout;
    a.residual = reinterpret_cast<const int8_t*>(value(in.residual));
    a.epilogue = scales.epilogue;
    a.epilogue.multiplier = scales.multiplier.data();
    (writes_i8() ? void(a.y_i8 = y_i8()) : void(a.y_f32 = y_f32()));
    return a;
  }
  kernels::Int8NormArguments norm(const Int8NormScales& scales) const {
    kernels::Int8NormArguments a{.x_zero_point = tensor(0).zero_point,
                                 .gamma = scales.gamma.data(),
                                 .beta = scales.beta.data(),
                                 .epsilon = scales.epsilon,
                                 .y_zero_point = op_.type.zero_point,
                                 .y = y_i8()};
    const bool from_f32 = tensor(0).dtype == graph::DType::kF32;
    (from_f32 ? void(a.x_f32 = f32(0)) : void(a.x = i8(0)));
    return a;
  }
  void fold_mean(int tile_h, int tile_w) const {
    const int64_t count = int64_t{in_.h / tile_h} * (in_.w / tile_w);
    kernels::Int8MeanArguments a{.x = i8(0),
                                 .x_zero_point = tensor(0).zero_point,
                                 .multiplier = mean_multiplier(tensor(0).type(), op_.type, count),
                                 .y_zero_point = op_.type.zero_point};
    (writes_i8() ? void(a.y_i8 = y_i8()) : void(a.y_f32 = y_f32()));
    kernels::reference_fold_mean_i8(in_.n, in_.h, in_.w, in_.c, tile_h, tile_w, a);
  }

  const Op& op_;
  const graph::Graph& graph_;
  std::span<std::byte* const> values_;
  Extents in_;
};

}  // namespace

bool touches_integers(const Op& op, const graph::Graph& graph) {
  const graph::DType in = graph.tensor(op.inputs[0]).dtype;
  return in == graph::DType::kI8 || in == graph::DType::kI32 || op.type.dtype != graph::DType::kF32;
}

void run_integer_reference(const Op& op, const graph::Graph& graph,
                           std::span<std::byte* const> values) {
  std::visit(IntegerRun(op, graph, values), op.attributes);
}

}  // namespace vseal::engine
