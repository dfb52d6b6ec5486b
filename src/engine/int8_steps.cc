#include "engine/int8_steps.h"

#include <algorithm>
#include <cmath>

#include "engine/convert.h"
#include "engine/int8_scales.h"
#include "engine/reference_op.h"
#include "graph/constant.h"
#include "kernels/depthwise/fast.h"
#include "kernels/int8/light.h"
#include "kernels/int8/packed.h"

namespace vseal::engine {
namespace {

using graph::DType;
using graph::Op;
using graph::TensorId;
using Values = std::span<std::byte* const>;

template <typename T>
T* at(Values values, TensorId id) {
  return id == graph::kNoTensor ? nullptr : reinterpret_cast<T*>(values[static_cast<size_t>(id)]);
}

// An f32 constant's values, kept by a step.
Result<std::vector<float>> floats(const graph::Graph& graph, TensorId id) {
  VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(graph.tensor(id)));
  return std::vector<float>(values.span().begin(), values.span().end());
}

std::span<const int8_t> as_i8(const graph::ConstantValues& values) {
  return {reinterpret_cast<const int8_t*>(values.data()), values.size()};
}

// conv2d, linear and depthwise_conv2d: what they share.
class WeightedStep : public Step {
 public:
  Status set(const Op& op, const graph::Graph& graph, const kernels::Conv2dShape& shape) {
    VSEAL_RETURN_IF_ERROR(kernels::check_conv2d(shape));
    in_ = graph::weighted_inputs(op);
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> scale, floats(graph, in_.weight_scale));
    for (const float value : scale) {
      if (std::isfinite(value) && value > 0.0f) continue;
      return invalid_argument("[" + op.name + "] weight_scale: expected positive numbers, got " +
                              std::to_string(value));
    }
    scales_ = int8_scales(op, graph, scale.data());
    shape_ = shape;
    y_ = op.output;
    to_i8_ = op.type.dtype == DType::kI8;
    return {};
  }

 protected:
  kernels::Int8ConvArguments arguments(Values values) const {
    kernels::Int8ConvArguments a;
    a.x = at<int8_t>(values, in_.x);
    a.x_zero_point = scales_.x_zero_point;
    a.bias = at<int32_t>(values, in_.bias);
    a.bias_layout = scales_.bias_layout;
    a.residual = at<int8_t>(values, in_.residual);
    a.epilogue = scales_.epilogue;
    a.epilogue.multiplier = scales_.multiplier.data();
    if (to_i8_) {
      a.y_i8 = at<int8_t>(values, y_);
    } else {
      a.y_f32 = at<float>(values, y_);
    }
    return a;
  }
  const kernels::Conv2dShape& shape() const { return shape_; }

 private:
  graph::WeightedInputs in_;
  Int8Scales scales_;
  kernels::Conv2dShape shape_;
  TensorId y_ = 0;
  bool to_i8_ = true;
};

class ConvStep : public WeightedStep {
 public:
  Status pack(std::span<const int8_t> weight) {
    VSEAL_ASSIGN_OR_RETURN(packed_, kernels::pack_conv2d_i8(shape(), weight));
    return {};
  }
  void run(Values values, const Workspace& workspace) const override {
    kernels::conv2d_i8(shape(), arguments(values), packed_, workspace.scratch, workspace.pool);
  }
  size_t scratch_floats(int threads) const override {
    return kernels::conv2d_i8_scratch_floats(shape(), packed_, threads);
  }
  const char* kernel() const override { return "conv2d_i8"; }
  size_t weight_bytes() const override { return packed_.bytes(); }

 private:
  kernels::PackedInt8Filter packed_;
};

class DepthwiseStep : public WeightedStep {
 public:
  void set_weight(std::span<const int8_t> weight) { weight_.assign(weight.begin(), weight.end()); }
  void run(Values values, const Workspace& workspace) const override {
    kernels::depthwise_i8(shape(), arguments(values), weight_.data(), workspace.scratch,
                          workspace.pool);
  }
  size_t scratch_floats(int) const override {
    return kernels::depthwise_i8_scratch_floats(shape());
  }
  const char* kernel() const override { return "depthwise_i8"; }
  size_t weight_bytes() const override { return weight_.size() * sizeof(float); }

 private:
  std::vector<float> weight_;  // the integers as f32
};

// A step that is a function of the values and the workspace.
template <typename Run>
class PlainStep : public Step {
 public:
  PlainStep(const char* kernel, size_t scratch, Run run)
      : kernel_(kernel), scratch_(scratch), run_(std::move(run)) {}
  void run(Values values, const Workspace& workspace) const override { run_(values, workspace); }
  size_t scratch_floats(int) const override { return scratch_; }
  const char* kernel() const override { return kernel_; }

 private:
  const char* kernel_;
  size_t scratch_;
  Run run_;
};

template <typename Run>
std::unique_ptr<Step> plain(const char* kernel, Run run, size_t scratch = 0) {
  return std::make_unique<PlainStep<Run>>(kernel, scratch, std::move(run));
}

// An operand whose data are not known yet.
struct Operand {
  TensorId id;
  int32_t zero_point;
  float multiplier;
  int channels;
  kernels::Int8Operand with(Values values) const {
    return {at<int8_t>(values, id), zero_point, multiplier};
  }
};

// Chooses by kind; what is seldom or small runs the reference, on one thread.
class Choose {
 public:
  using Made = Result<std::unique_ptr<Step>>;
  Choose(const Op& op, const graph::Graph& graph)
      : op_(op),
        graph_(graph),
        in_(extents(tensor(0).shape)),
        x_(op.inputs[0]),
        y_(op.output),
        zero_(op.type.zero_point) {}

  Made operator()(const graph::Conv2d& a) const {
    return convolution(conv2d_shape(a, tensor(0).shape, tensor(1).shape));
  }
  Made operator()(const graph::Linear&) const {
    return convolution(linear_as_conv2d(tensor(0).shape, tensor(1).shape));
  }
  Made operator()(const graph::DepthwiseConv2d& a) const {
    const kernels::Conv2dShape shape = depthwise_shape(a, tensor(0).shape, tensor(1).shape);
    VSEAL_RETURN_IF_ERROR(
        kernels::check_depthwise({shape.n, shape.h, shape.w, shape.ic, shape.kh, shape.kw, a.pad}));
    auto step = std::make_unique<DepthwiseStep>();
    VSEAL_RETURN_IF_ERROR(step->set(op_, graph_, shape));
    VSEAL_ASSIGN_OR_RETURN(const graph::ConstantValues weight, weight_values());
    step->set_weight(as_i8(weight));
    return std::unique_ptr<Step>(std::move(step));
  }
  Made operator()(const graph::Quantize&) const {
    return plain("quantize_i8", [count = elements(), inverse = 1.0f / op_.type.scale, x = x_,
                                 y = y_, zero = zero_](Values v, const Workspace& w) {
      kernels::quantize_i8(at<float>(v, x), count, inverse, zero, at<int8_t>(v, y), w.pool);
    });
  }
  Made operator()(const graph::Dequantize&) const {
    return plain("dequantize_i8", [count = elements(), type = quantization(tensor(0).type()),
                                   x = x_, y = y_](Values v, const Workspace& w) {
      kernels::dequantize_i8(at<int8_t>(v, x), count, type, at<float>(v, y), w.pool);
    });
  }
  Made operator()(const graph::QuantizeBias& a) const {
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> weight_scale, floats(graph_, op_.inputs[1]));
    VSEAL_ASSIGN_OR_RETURN(std::vector<float> offset, floats(graph_, op_.inputs[2]));
    const auto c = static_cast<int>(offset.size());
    return plain("quantize_bias", [inverse = bias_inverse_scales(a, weight_scale.data(), c),
                                   offset = std::move(offset), rows = elements() / c, c, x = x_,
                                   y = y_](Values v, const Workspace& w) {
      kernels::quantize_bias(at<float>(v, x), rows, c, inverse.data(), offset.data(),
                             at<int32_t>(v, y), w.pool);
    });
  }
  Made operator()(const graph::Add&) const {
    return plain("add_i8", [count = elements(), a = operand(0), b = operand(1), y = y_,
                            zero = zero_](Values v, const Workspace& w) {
      kernels::add_i8(a.with(v), b.with(v), count, zero, at<int8_t>(v, y), w.pool);
    });
  }
  Made operator()(const graph::Concat&) const {
    std::vector<Operand> operands;
    for (size_t i = 0; i < op_.inputs.size(); ++i) operands.push_back(operand(i));
    const int64_t stride = extents(graph_.tensor(y_).shape).c;
    return plain("concat_i8", [operands = std::move(operands), pixels = in_.pixels(), stride,
                               y = y_, zero = zero_](Values v, const Workspace& w) {
      int8_t* to = at<int8_t>(v, y);
      for (const Operand& x : operands) {
        kernels::requantize_i8(x.with(v), pixels, x.channels, stride, zero, to, w.pool);
        to += x.channels;
      }
    });
  }
  Made operator()(const graph::Activate& a) const {
    std::vector<int8_t> table(256);
    kernels::activation_table(quantization(tensor(0).type()), to_kernel(a.activation),
                              quantization(op_.type), table.data());
    return plain("activate_i8", [count = elements(), table = std::move(table), x = x_, y = y_](
                                    Values v, const Workspace& w) {
      kernels::look_up_i8(at<int8_t>(v, x), count, table.data(), at<int8_t>(v, y), w.pool);
    });
  }
  Made operator()(const graph::LayerNorm& a) const {
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> gamma, floats(graph_, op_.inputs[1]));
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> beta, floats(graph_, op_.inputs[2]));
    return row_norm("layer_norm_i8", layer_norm_scales(a, tensor(0).type(), op_.type, in_.c,
                                                       gamma.data(), beta.data()));
  }
  Made operator()(const graph::ChannelRmsNorm&) const {
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> gamma, floats(graph_, op_.inputs[1]));
    return row_norm("rms_norm_i8",
                    rms_norm_scales(tensor(0).type(), op_.type, in_.c, gamma.data()));
  }
  Made operator()(const graph::GlobalResponseNorm& a) const {
    std::vector<float> parameters[3];
    for (size_t i = 0; i + 1 < op_.inputs.size(); ++i) {
      VSEAL_ASSIGN_OR_RETURN(parameters[i], floats(graph_, op_.inputs[i + 1]));
    }
    Int8NormScales scales =
        response_norm_scales(a, tensor(0).type(), op_.type, in_.c, parameters[0].data(),
                             parameters[1].data(), a.has_factor ? parameters[2].data() : nullptr);
    const int64_t rows = int64_t{in_.h} * in_.w;
    return plain(
        "response_norm_i8",
        [scales = std::move(scales), in = in_, rows, x = x_, y = y_, zero = zero_,
         x_zero = tensor(0).zero_point](Values v, const Workspace& w) {
          kernels::response_norm_i8(in.n, rows, in.c,
                                    {at<int8_t>(v, x), x_zero, scales.gamma.data(),
                                     scales.beta.data(), scales.epsilon, zero, at<int8_t>(v, y)},
                                    scales.factor.data(), w.scratch, w.pool);
        },
        kernels::response_norm_i8_scratch_floats(in_.n, rows, in_.c));
  }
  Made operator()(const graph::ResizeBilinear& a) const {
    return plain("resize_bilinear_i8",
                 [in = in_, a, x = x_, y = y_, zero = zero_](Values v, const Workspace& w) {
                   kernels::resize_i8(at<int8_t>(v, x), in.n, in.h, in.w, in.c, a.height, a.width,
                                      zero, at<int8_t>(v, y), w.pool);
                 });
  }
  Made operator()(const graph::SpatialMean&) const { return fold_mean(1, 1); }
  Made operator()(const graph::FoldMean& a) const { return fold_mean(a.height, a.width); }
  template <typename Other>
  Made operator()(const Other&) const {
    return plain("reference_i8", [op = &op_, graph = &graph_](Values v, const Workspace&) {
      run_integer_reference(*op, *graph, v);
    });
  }

 private:
  const graph::Tensor& tensor(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  int64_t elements() const { return graph_.tensor(y_).shape.elements(); }
  Operand operand(size_t i) const {
    return {op_.inputs[i], tensor(i).zero_point, scale_ratio(tensor(i).type(), op_.type),
            extents(tensor(i).shape).c};
  }

  Made convolution(const kernels::Conv2dShape& shape) const {
    auto step = std::make_unique<ConvStep>();
    VSEAL_RETURN_IF_ERROR(step->set(op_, graph_, shape));
    VSEAL_ASSIGN_OR_RETURN(const graph::ConstantValues weight, weight_values());
    VSEAL_RETURN_IF_ERROR(step->pack(as_i8(weight)));
    return std::unique_ptr<Step>(std::move(step));
  }

  // A view where the values lie in memory.
  Result<graph::ConstantValues> weight_values() const { return graph::constant_values(tensor(1)); }

  Made row_norm(const char* name, Int8NormScales scales) const {
    const bool from_f32 = tensor(0).dtype == DType::kF32;
    return plain(name, [scales = std::move(scales), in = in_, x = x_, y = y_, zero = zero_,
                        x_zero = tensor(0).zero_point, from_f32](Values v, const Workspace& w) {
      const float* beta = scales.beta.empty() ? nullptr : scales.beta.data();
      kernels::Int8NormArguments a{at<int8_t>(v, x), x_zero, scales.gamma.data(), beta,
                                   scales.epsilon,   zero,   at<int8_t>(v, y)};
      if (from_f32) a.x_f32 = at<float>(v, x);
      kernels::row_norm_i8(in.pixels(), in.c, a, w.pool);
    });
  }

  Made fold_mean(int tile_h, int tile_w) const {
    const int64_t count = int64_t{in_.h / tile_h} * (in_.w / tile_w);
    const float multiplier = mean_multiplier(tensor(0).type(), op_.type, count);
    const bool to_i8 = op_.type.dtype == DType::kI8;
    return plain("fold_mean_i8", [=, in = in_, x = x_, y = y_, zero = zero_,
                                  x_zero = tensor(0).zero_point](Values v, const Workspace& w) {
      kernels::Int8MeanArguments a{at<int8_t>(v, x), x_zero, multiplier, zero, nullptr, nullptr};
      if (to_i8) {
        a.y_i8 = at<int8_t>(v, y);
      } else {
        a.y_f32 = at<float>(v, y);
      }
      kernels::fold_mean_i8(in.n, in.h, in.w, in.c, tile_h, tile_w, a, w.pool);
    });
  }

  const Op& op_;
  const graph::Graph& graph_;
  Extents in_;
  TensorId x_, y_;
  int32_t zero_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_integer_step(const Op& op, const graph::Graph& graph) {
  return std::visit(Choose(op, graph), op.attributes);
}

}  // namespace vseal::engine
