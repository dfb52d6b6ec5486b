// f16 is a storage type: kernels read f32.
#include "base/half.h"
#include "graph/passes.h"
#include "graph/rewrite.h"

namespace vseal::graph {

Result<Graph> widen_constants(const Graph& graph) {
  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.tensors().size(); ++i) {
    const Tensor& tensor = graph.tensors()[i];
    if (tensor.dtype != DType::kF16 || !tensor.is_constant()) continue;
    const auto* halves = reinterpret_cast<const uint16_t*>(tensor.data.bytes.data());
    std::vector<float> values(tensor.data.bytes.size() / sizeof(uint16_t));
    for (size_t k = 0; k < values.size(); ++k) values[k] = half_to_float(halves[k]);
    rewrite.replace_constant(static_cast<TensorId>(i), std::move(values));
  }
  return rewrite.build();
}

}  // namespace vseal::graph
