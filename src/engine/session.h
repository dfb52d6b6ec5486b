// Running a graph on this machine's CPU.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "graph/graph.h"

namespace vseal::engine {

struct PlanOptions {
  bool fuse = true;  // epilogue fusion and BatchNorm folding
  // Called now and then while weights are packed, so that the caller may let go of what they are
  // read from (pages of a mapped file). Constants must stay readable.
  std::function<void()> after_packing = {};
};

// A graph made ready to run: kernels chosen for this machine's ISA, weights packed once, places in
// one arena assigned by lifetime. Immutable and shared: any number of sessions on any threads may
// use one plan.
class Plan {
 public:
  // Graphs with f32 inputs and outputs, float or integer between (f16 constants are widened).
  // kUnsupported when no kernel takes an op.
  static Result<std::shared_ptr<const Plan>> create(const graph::Graph& graph,
                                                    const PlanOptions& options = {});
  virtual ~Plan() = default;

  virtual size_t arena_bytes() const = 0;
  virtual size_t weight_bytes() const = 0;
  virtual const std::vector<graph::Shape>& input_shapes() const = 0;
  virtual const std::vector<graph::Shape>& output_shapes() const = 0;
};

struct OpProfile {
  std::string name;
  std::string kernel;
  int64_t multiply_adds = 0;
  double ms = 0;
};

// One arena and the state of a run. Not thread-safe: one session per thread. Allocates nothing
// after creation. The pool is shared and must outlive the session; results are the same bits for
// any number of threads.
class Session {
 public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Plan> plan,
                                                 ThreadPool* pool);
  virtual ~Session() = default;

  // Input i's values, to be written before run(); [n,h,w,c] f32, owned by the session. The call
  // counts as a change of the input: the next run() skips every op that no changed input reaches
  // and whose values are still there (a message set once costs once).
  virtual std::span<float> input(int i) = 0;
  // Runs the network over the inputs. An input keeps its values across runs.
  virtual Status run() = 0;
  // Output i's values after run(); valid until the next run().
  virtual std::span<const float> output(int i) const = 0;
  // As run(), and says what each op took.
  virtual Result<std::vector<OpProfile>> run_profiled() = 0;
};

// The oracle: every op by the reference kernels (plain loops), unfused, one after the other. Slow.
// inputs[i] holds input i's values; returns the values of every output.
Result<std::vector<std::vector<float>>> run_naive(
    const graph::Graph& graph, const std::vector<std::span<const float>>& inputs);

}  // namespace vseal::engine
