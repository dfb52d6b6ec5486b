#include "engine/steps.h"

#include <array>

#include "engine/convert.h"
#include "engine/int8_steps.h"
#include "engine/reference_op.h"
#include "engine/scratch_steps.h"
#include "graph/constant.h"
#include "kernels/conv2d/packed.h"
#include "kernels/depthwise/fast.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/linear/packed.h"
#include "kernels/normalize/row_norms.h"
#include "kernels/rearrange/rearrange.h"
#include "kernels/resample/fold_mean.h"
#include "kernels/resample/resize_bilinear.h"

namespace vseal::engine {
namespace {

using graph::Op;
using graph::TensorId;
using Values = std::span<std::byte* const>;

float* at(Values values, TensorId id) {
  return id == graph::kNoTensor ? nullptr
                                : reinterpret_cast<float*>(values[static_cast<size_t>(id)]);
}

// The optional inputs that follow x and weight.
struct Extras {
  TensorId bias = graph::kNoTensor;
  TensorId residual = graph::kNoTensor;
};

Extras extras(const Op& op, bool has_bias, bool has_residual) {
  Extras e;
  size_t next = 2;
  if (has_bias) e.bias = op.inputs[next++];
  if (has_residual) e.residual = op.inputs[next];
  return e;
}

class ConvStep : public Step {
 public:
  static Result<std::unique_ptr<Step>> create(const Op& op, const graph::Conv2d& a,
                                              const graph::Graph& graph) {
    auto step = std::make_unique<ConvStep>();
    const graph::Tensor& weight = graph.tensor(op.inputs[1]);
    step->shape_ = conv2d_shape(a, graph.tensor(op.inputs[0]).shape, weight.shape);
    step->extras_ = extras(op, a.has_bias, a.has_residual);
    step->activation_ = to_kernel(a.activation);
    step->x_ = op.inputs[0];
    step->y_ = op.output;
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(weight));
    VSEAL_ASSIGN_OR_RETURN(step->packed_, kernels::pack_conv2d(step->shape_, values.span()));
    return std::unique_ptr<Step>(std::move(step));
  }

  void run(Values values, const Workspace& workspace) const override {
    kernels::Conv2dArguments arguments;
    arguments.x = at(values, x_);
    arguments.packed = packed_.data();
    arguments.bias = at(values, extras_.bias);
    arguments.residual = at(values, extras_.residual);
    arguments.y = at(values, y_);
    arguments.activation = activation_;
    arguments.scratch = scratch_floats(workspace.pool.threads()) == 0 ? nullptr : workspace.scratch;
    kernels::conv2d_f32(shape_, arguments, workspace.pool);
  }
  size_t scratch_floats(int threads) const override {
    return kernels::conv2d_scratch_floats(shape_, threads);
  }
  const char* kernel() const override { return "conv2d_f32"; }
  size_t weight_bytes() const override { return packed_.size() * sizeof(float); }

 private:
  kernels::Conv2dShape shape_;
  Extras extras_;
  kernels::Activation activation_ = kernels::Activation::kNone;
  TensorId x_ = 0, y_ = 0;
  AlignedBuffer<float> packed_;
};

class LinearStep : public Step {
 public:
  static Result<std::unique_ptr<Step>> create(const Op& op, const graph::Linear& a,
                                              const graph::Graph& graph) {
    auto step = std::make_unique<LinearStep>();
    const graph::Tensor& weight = graph.tensor(op.inputs[1]);
    const Extents in = extents(graph.tensor(op.inputs[0]).shape);
    step->shape_ = {static_cast<int>(in.pixels()), in.c, static_cast<int>(weight.shape[0])};
    step->extras_ = extras(op, a.has_bias, false);
    step->activation_ = to_kernel(a.activation);
    step->x_ = op.inputs[0];
    step->y_ = op.output;
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(weight));
    VSEAL_ASSIGN_OR_RETURN(step->packed_, kernels::pack_linear(step->shape_, values.span()));
    return std::unique_ptr<Step>(std::move(step));
  }

  void run(Values values, const Workspace& workspace) const override {
    kernels::LinearArguments arguments;
    arguments.x = at(values, x_);
    arguments.packed = packed_.data();
    arguments.bias = at(values, extras_.bias);
    arguments.y = at(values, y_);
    arguments.activation = activation_;
    kernels::linear_f32(shape_, arguments, workspace.pool);
  }
  const char* kernel() const override { return "linear_f32"; }
  size_t weight_bytes() const override { return packed_.size() * sizeof(float); }

 private:
  kernels::LinearShape shape_;
  Extras extras_;
  kernels::Activation activation_ = kernels::Activation::kNone;
  TensorId x_ = 0, y_ = 0;
  AlignedBuffer<float> packed_;
};

// A step whose kernel needs no state but the op itself.
template <typename Run>
class PlainStep : public Step {
 public:
  PlainStep(const char* kernel, Run run) : kernel_(kernel), run_(std::move(run)) {}
  void run(Values values, const Workspace& workspace) const override {
    run_(values, workspace.pool);
  }
  const char* kernel() const override { return kernel_; }

 private:
  const char* kernel_;
  Run run_;
};

template <typename Run>
std::unique_ptr<Step> plain(const char* kernel, Run run) {
  return std::make_unique<PlainStep<Run>>(kernel, std::move(run));
}

// Concatenations of more tensors run the reference.
constexpr size_t kMaxConcat = 8;

// Chooses by kind; ops without a fast kernel run the reference, which is exact and slow.
class Choose {
 public:
  using Made = Result<std::unique_ptr<Step>>;
  Choose(const Op& op, const graph::Graph& graph)
      : op_(op),
        graph_(graph),
        in_(extents(graph.tensor(op.inputs[0]).shape)),
        x_(op.inputs[0]),
        y_(op.output) {}

  Made operator()(const graph::Conv2d& a) const {
    if (!constant(1)) return reference();
    return ConvStep::create(op_, a, graph_);
  }
  Made operator()(const graph::Linear& a) const {
    if (!constant(1)) return reference();
    return LinearStep::create(op_, a, graph_);
  }
  Made operator()(const graph::DepthwiseConv2d& a) const {
    const graph::Shape& weight = graph_.tensor(op_.inputs[1]).shape;
    const kernels::DepthwiseShape shape{
        in_.n, in_.h, in_.w, in_.c, static_cast<int>(weight[0]), static_cast<int>(weight[1]),
        a.pad};
    VSEAL_RETURN_IF_ERROR(kernels::check_depthwise(shape));
    const TensorId bias = a.has_bias ? op_.inputs[2] : graph::kNoTensor;
    return plain("depthwise_f32",
                 [shape, x = x_, w = op_.inputs[1], bias, y = y_](Values v, ThreadPool& pool) {
                   kernels::depthwise_f32(shape, {at(v, x), at(v, w), at(v, bias), at(v, y)}, pool);
                 });
  }
  Made operator()(const graph::LayerNorm& a) const {
    return plain("layer_norm_f32", [in = in_, x = x_, y = y_, gamma = op_.inputs[1],
                                    beta = op_.inputs[2], a](Values v, ThreadPool& pool) {
      kernels::layer_norm_f32(at(v, x), in.pixels(), in.c, at(v, gamma), at(v, beta), a.epsilon,
                              at(v, y), pool);
    });
  }
  Made operator()(const graph::ChannelRmsNorm&) const {
    return plain("channel_rms_norm_f32", [in = in_, x = x_, y = y_, gamma = op_.inputs[1]](
                                             Values v, ThreadPool& pool) {
      kernels::channel_rms_norm_f32(at(v, x), in.pixels(), in.c, at(v, gamma), at(v, y), pool);
    });
  }
  Made operator()(const graph::BatchNorm& a) const { return batch_norm_step(op_, a, graph_); }
  Made operator()(const graph::GlobalResponseNorm& a) const {
    return global_response_norm_step(op_, a, graph_);
  }
  Made operator()(const graph::WindowAttention& a) const { return attention_step(op_, a, graph_); }
  Made operator()(const graph::Activate& a) const {
    return plain("activate_f32", [count = elements(), x = x_, y = y_, f = to_kernel(a.activation)](
                                     Values v, ThreadPool& pool) {
      kernels::activate_f32(at(v, x), count, f, at(v, y), pool);
    });
  }
  Made operator()(const graph::Add&) const {
    return plain("add_f32", [count = elements(), a = x_, b = op_.inputs[1], y = y_](
                                Values v, ThreadPool& pool) {
      kernels::add_f32(at(v, a), at(v, b), count, at(v, y), pool);
    });
  }
  Made operator()(const graph::Affine& a) const {
    return plain("affine_f32", [count = elements(), x = x_, y = y_, a](Values v, ThreadPool& pool) {
      kernels::affine_f32(at(v, x), count, a.scale, a.offset, at(v, y), pool);
    });
  }
  Made operator()(const graph::ResizeBilinear& a) const {
    return plain("resize_bilinear_f32", [in = in_, x = x_, y = y_, a](Values v, ThreadPool& pool) {
      kernels::resize_bilinear_f32(at(v, x), in.n, in.h, in.w, in.c, a.height, a.width, at(v, y),
                                   pool);
    });
  }
  Made operator()(const graph::SpaceToDepth& a) const {
    return plain("space_to_depth_f32", [in = in_, x = x_, y = y_, a](Values v, ThreadPool& pool) {
      kernels::space_to_depth_f32(at(v, x), in.n, in.h, in.w, in.c, a.block, at(v, y), pool);
    });
  }
  Made operator()(const graph::DepthToSpace& a) const {
    return plain("depth_to_space_f32", [in = in_, x = x_, y = y_, a](Values v, ThreadPool& pool) {
      kernels::depth_to_space_f32(at(v, x), in.n, in.h, in.w, in.c, a.block, at(v, y), pool);
    });
  }
  Made operator()(const graph::Tile& a) const {
    return plain("tile_f32", [in = in_, x = x_, y = y_, a](Values v, ThreadPool& pool) {
      kernels::tile_f32(at(v, x), in.n, in.h, in.w, in.c, a.rows, a.columns, at(v, y), pool);
    });
  }
  Made operator()(const graph::BorderMap& a) const {
    return plain("border_map_f32", [c = in_.c / 9, x = x_, y = y_, a](Values v, ThreadPool& pool) {
      kernels::border_map_f32(at(v, x), a.height, a.width, c, at(v, y), pool);
    });
  }
  Made operator()(const graph::SpatialMean&) const { return fold_mean(1, 1); }
  Made operator()(const graph::FoldMean& a) const { return fold_mean(a.height, a.width); }
  Made operator()(const graph::Concat&) const {
    const size_t count = op_.inputs.size();
    if (count > kMaxConcat) return reference();
    std::array<TensorId, kMaxConcat> ids{};
    std::array<int, kMaxConcat> channels{};
    for (size_t i = 0; i < count; ++i) {
      ids[i] = op_.inputs[i];
      channels[i] = extents(graph_.tensor(ids[i]).shape).c;
    }
    return plain("concat_f32", [=, pixels = in_.pixels(), y = y_](Values v, ThreadPool& pool) {
      std::array<kernels::ConcatInput, kMaxConcat> inputs;
      for (size_t i = 0; i < count; ++i) inputs[i] = {at(v, ids[i]), channels[i]};
      kernels::concat_f32(std::span(inputs).first(count), pixels, at(v, y), pool);
    });
  }
  template <typename Other>
  Made operator()(const Other&) const {
    return reference();
  }

 private:
  std::unique_ptr<Step> reference() const {
    return plain("reference", [op = &op_, graph = &graph_](Values v, ThreadPool&) {
      run_reference(*op, *graph, v);
    });
  }
  std::unique_ptr<Step> fold_mean(int tile_h, int tile_w) const {
    return plain(
        "fold_mean_f32", [in = in_, x = x_, y = y_, tile_h, tile_w](Values v, ThreadPool& pool) {
          kernels::fold_mean_f32(at(v, x), in.n, in.h, in.w, in.c, tile_h, tile_w, at(v, y), pool);
        });
  }
  bool constant(size_t i) const { return graph_.tensor(op_.inputs[i]).is_constant(); }
  int64_t elements() const { return graph_.tensor(y_).shape.elements(); }

  const Op& op_;
  const graph::Graph& graph_;
  Extents in_;
  TensorId x_, y_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_step(const Op& op, const graph::Graph& graph) {
  auto step = touches_integers(op, graph) ? make_integer_step(op, graph)
                                          : std::visit(Choose(op, graph), op.attributes);
  if (!step.ok()) return step.status().with_context("[plan] " + op.name);
  return step;
}

}  // namespace vseal::engine
