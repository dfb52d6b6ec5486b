// Networks as cases of workbench/timing.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/session.h"
#include "graph/graph.h"
#include "workbench/timing.h"

namespace vseal::workbench {

// A network, its plan, inputs by rule, and a session for each pool. Thread-compatible.
class TimedNetwork {
 public:
  static Result<std::shared_ptr<TimedNetwork>> create(graph::Graph graph);

  const graph::Graph& graph() const { return graph_; }
  const engine::Plan& plan() const { return *plan_; }
  // What was fed to each input, values in 0..1; a message takes any real numbers.
  const std::vector<std::vector<float>>& inputs() const { return inputs_; }
  double plan_ms() const { return plan_ms_; }  // choosing kernels and packing weights

  // Makes the session of a pool, which must outlive this, and runs it; returns the outputs.
  Result<std::vector<std::vector<float>>> first_run(ThreadPool& pool);
  // Runs the whole network; first_run() of the pool came before.
  void run(ThreadPool& pool);
  // What each op took in one more whole run.
  std::vector<Layer> layers(ThreadPool& pool);

 private:
  void touch_inputs(ThreadPool& pool);

  graph::Graph graph_;
  std::vector<std::vector<float>> inputs_;
  std::shared_ptr<const engine::Plan> plan_;
  double plan_ms_ = 0;
  std::map<ThreadPool*, std::unique_ptr<engine::Session>> sessions_;
};

// Feeds a session and runs it; returns the values of its first `outputs` outputs.
Result<std::vector<std::vector<float>>> run_session(engine::Session& session,
                                                    const std::vector<std::vector<float>>& inputs,
                                                    size_t outputs);

// The case of a network; its check is the first run alone, whose answer nobody looks at.
Case network_case(std::string name, const std::shared_ptr<TimedNetwork>& network);

}  // namespace vseal::workbench
