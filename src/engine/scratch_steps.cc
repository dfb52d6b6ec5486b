#include "engine/scratch_steps.h"

#include <array>

#include "engine/convert.h"
#include "kernels/attention/attention.h"
#include "kernels/normalize/column_norms.h"

namespace vseal::engine {
namespace {

// An op's tensors during a run: inputs in order, and the output.
class Tensors {
 public:
  explicit Tensors(const graph::Op& op) : output_(op.output) {
    for (size_t i = 0; i < op.inputs.size(); ++i) inputs_[i] = op.inputs[i];
  }
  const float* input(std::span<std::byte* const> values, size_t i) const {
    return reinterpret_cast<const float*>(values[static_cast<size_t>(inputs_[i])]);
  }
  float* output(std::span<std::byte* const> values) const {
    return reinterpret_cast<float*>(values[static_cast<size_t>(output_)]);
  }

 private:
  static constexpr size_t kMaxInputs = 5;  // of BatchNorm
  std::array<graph::TensorId, kMaxInputs> inputs_{};
  graph::TensorId output_;
};

// scratch(threads) says how many floats run(values, workspace) needs.
template <typename Scratch, typename Run>
class ScratchStep : public Step {
 public:
  ScratchStep(const char* kernel, Scratch scratch, Run run)
      : kernel_(kernel), scratch_(std::move(scratch)), run_(std::move(run)) {}
  void run(std::span<std::byte* const> values, const Workspace& workspace) const override {
    run_(values, workspace);
  }
  size_t scratch_floats(int threads) const override { return scratch_(threads); }
  const char* kernel() const override { return kernel_; }

 private:
  const char* kernel_;
  Scratch scratch_;
  Run run_;
};

template <typename Scratch, typename Run>
std::unique_ptr<Step> with_scratch(const char* kernel, Scratch scratch, Run run) {
  return std::make_unique<ScratchStep<Scratch, Run>>(kernel, std::move(scratch), std::move(run));
}

}  // namespace

std::unique_ptr<Step> batch_norm_step(const graph::Op& op, const graph::BatchNorm& attributes,
                                      const graph::Graph& graph) {
  const Extents in = extents(graph.tensor(op.inputs[0]).shape);
  return with_scratch(
      "batch_norm_f32", [c = in.c](int) { return kernels::batch_norm_scratch_floats(c); },
      [in, t = Tensors(op), epsilon = attributes.epsilon](std::span<std::byte* const> v,
                                                          const Workspace& workspace) {
        kernels::batch_norm_f32(t.input(v, 0), in.pixels(), in.c, t.input(v, 1), t.input(v, 2),
                                t.input(v, 3), t.input(v, 4), epsilon, workspace.scratch,
                                t.output(v), workspace.pool);
      });
}

std::unique_ptr<Step> global_response_norm_step(const graph::Op& op,
                                                const graph::GlobalResponseNorm& attributes,
                                                const graph::Graph& graph) {
  const Extents in = extents(graph.tensor(op.inputs[0]).shape);
  const int64_t rows = int64_t{in.h} * in.w;
  const size_t scratch = kernels::global_response_norm_scratch_floats(in.n, rows, in.c);
  return with_scratch(
      "global_response_norm_f32", [scratch](int) { return scratch; },
      [in, rows, t = Tensors(op), a = attributes](std::span<std::byte* const> v,
                                                  const Workspace& workspace) {
        kernels::global_response_norm_f32(t.input(v, 0), in.n, rows, in.c, t.input(v, 1),
                                          t.input(v, 2), a.has_factor ? t.input(v, 3) : nullptr,
                                          a.epsilon, workspace.scratch, t.output(v),
                                          workspace.pool);
      });
}

Result<std::unique_ptr<Step>> attention_step(const graph::Op& op,
                                             const graph::WindowAttention& attributes,
                                             const graph::Graph& graph) {
  const kernels::AttentionShape shape =
      attention_shape(attributes, graph.tensor(op.inputs[0]).shape);
  VSEAL_RETURN_IF_ERROR(kernels::check_attention(shape));
  return with_scratch(
      "attention_f32",
      [shape](int threads) { return kernels::attention_scratch_floats(shape, threads); },
      [shape, t = Tensors(op)](std::span<std::byte* const> v, const Workspace& workspace) {
        kernels::attention_f32(
            shape, {t.input(v, 0), t.input(v, 1), t.input(v, 2), t.output(v), workspace.scratch},
            workspace.pool);
      });
}

}  // namespace vseal::engine
