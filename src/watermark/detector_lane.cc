#include "watermark/detector_lane.h"

#include <utility>

namespace vseal::watermark {

Result<std::unique_ptr<DetectorLane>> DetectorLane::create(
    std::shared_ptr<const engine::Plan> plan) {
  std::unique_ptr<DetectorLane> lane(new DetectorLane);
  VSEAL_ASSIGN_OR_RETURN(lane->session_, engine::Session::create(std::move(plan), &lane->pool_));
  lane->thread_ = std::thread([at = lane.get()] { at->work(); });
  return lane;
}

DetectorLane::~DetectorLane() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ == State::kIdle; });
    state_ = State::kStopping;
  }
  changed_.notify_all();
  thread_.join();
}

void DetectorLane::set(State state) {
  {
    const std::scoped_lock lock(mutex_);
    state_ = state;
  }
  changed_.notify_all();
}

void DetectorLane::start() { set(State::kRunning); }

Result<std::span<const float>> DetectorLane::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return state_ == State::kIdle; });
  VSEAL_RETURN_IF_ERROR(done_);
  return session_->output(0);
}

void DetectorLane::work() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return state_ != State::kIdle; });
      if (state_ == State::kStopping) return;
    }
    done_ = session_->run();
    set(State::kIdle);
  }
}

}  // namespace vseal::watermark
