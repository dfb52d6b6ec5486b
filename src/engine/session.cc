#include "engine/session.h"

#include <chrono>

#include "base/aligned_buffer.h"
#include "engine/convert.h"
#include "engine/plan.h"

namespace vseal::engine {
namespace {

using Clock = std::chrono::steady_clock;

class SessionState : public Session {
 public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const PlanState> plan,
                                                 ThreadPool* pool) {
    auto session = std::make_unique<SessionState>();
    const graph::Graph& graph = plan->graph();
    VSEAL_ASSIGN_OR_RETURN(session->arena_, AlignedBuffer<float>::allocate(plan->arena_floats()));
    VSEAL_ASSIGN_OR_RETURN(session->scratch_,
                           AlignedBuffer<float>::allocate(plan->scratch_floats(pool->threads())));
    for (size_t i = 0; i < graph.tensors().size(); ++i) {
      const auto id = static_cast<graph::TensorId>(i);
      // Kernels read constants through the same table; none of them writes an input.
      session->values_.push_back(
          graph.tensor(id).is_constant()
              ? const_cast<std::byte*>(plan->constant(id))
              : reinterpret_cast<std::byte*>(session->arena_.data() + plan->offset(id)));
    }
    session->plan_ = std::move(plan);
    session->pool_ = pool;
    return std::unique_ptr<Session>(std::move(session));
  }

  std::span<float> input(int i) override {
    changed_ |= uint64_t{1} << i;
    const graph::TensorId id = plan_->graph().inputs()[static_cast<size_t>(i)];
    return {reinterpret_cast<float*>(values_[static_cast<size_t>(id)]), size_of(id)};
  }

  std::span<const float> output(int i) const override {
    const graph::TensorId id = plan_->graph().outputs()[static_cast<size_t>(i)];
    return {reinterpret_cast<float*>(values_[static_cast<size_t>(id)]), size_of(id)};
  }

  Status run() override {
    for (size_t i = 0; i < plan_->graph().ops().size(); ++i) run_op(i);
    settle();
    return {};
  }

  Result<std::vector<OpProfile>> run_profiled() override {
    std::vector<OpProfile> profile;
    const graph::Graph& graph = plan_->graph();
    for (size_t i = 0; i < graph.ops().size(); ++i) {
      const auto start = Clock::now();
      const bool ran = run_op(i);
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
      if (!ran) continue;
      const graph::Op& op = graph.ops()[i];
      profile.push_back({op.name, plan_->step(i)->kernel(), graph::multiply_adds(op, graph), ms});
    }
    settle();
    return profile;
  }

 private:
  bool run_op(size_t i) {
    const Step* step = plan_->step(i);
    const bool stale = !settled_ || (plan_->dependencies(i) & changed_) != 0;
    if (step == nullptr || !stale) return false;
    step->run(values_, {*pool_, scratch_.data()});
    return true;
  }

  void settle() {
    changed_ = 0;
    settled_ = true;
  }

  size_t size_of(graph::TensorId id) const {
    return static_cast<size_t>(plan_->graph().tensor(id).shape.elements());
  }

  std::shared_ptr<const PlanState> plan_;
  ThreadPool* pool_ = nullptr;
  AlignedBuffer<float> arena_, scratch_;
  std::vector<std::byte*> values_;
  uint64_t changed_ = 0;
  bool settled_ = false;  // every op has run once
};

}  // namespace

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Plan> plan,
                                                 ThreadPool* pool) {
  if (plan == nullptr || pool == nullptr) {
    return invalid_argument("[session] expected a plan and a pool");
  }
  // Plan::create makes no other kind.
  return SessionState::create(std::static_pointer_cast<const PlanState>(std::move(plan)), pool);
}

}  // namespace vseal::engine
