// What a plan does for each op: a kernel with its shapes and packed weights.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/status.h"
#include "base/thread_pool.h"
#include "graph/graph.h"

namespace vseal::engine {

// What a session lends to the step that it runs.
struct Workspace {
  ThreadPool& pool;
  float* scratch;  // as many floats as the step asked for, at a 64-byte boundary
};

// One op ready to run. Immutable, thread-safe.
class Step {
 public:
  virtual ~Step() = default;
  // values[id] points at each tensor's values; the step reads its inputs and writes its output.
  virtual void run(std::span<std::byte* const> values, const Workspace& workspace) const = 0;
  // Floats of scratch for a pool of `threads` threads.
  virtual size_t scratch_floats(int /*threads*/) const { return 0; }
  virtual const char* kernel() const = 0;
  // Bytes of packed weights that the step holds beside the graph's constants.
  virtual size_t weight_bytes() const { return 0; }
};

// Chooses the kernel for `op` of a verified graph, which must outlive the step.
Result<std::unique_ptr<Step>> make_step(const graph::Op& op, const graph::Graph& graph);

}  // namespace vseal::engine
