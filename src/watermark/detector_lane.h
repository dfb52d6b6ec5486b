// Detectors beside the thread that hands them pictures.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/session.h"

namespace vseal::watermark {

// One session of a detector on a thread of its own, which reads one picture at a time. Used from
// one other thread.
class DetectorLane {
 public:
  static Result<std::unique_ptr<DetectorLane>> create(std::shared_ptr<const engine::Plan> plan);
  ~DetectorLane();
  DetectorLane(const DetectorLane&) = delete;
  DetectorLane& operator=(const DetectorLane&) = delete;

  // The detector's picture, to be written before start() and while nothing runs.
  std::span<float> picture() { return session_->input(0); }
  void start();
  // Waits for what start() began. The logits are valid until the next start().
  Result<std::span<const float>> finish();

 private:
  enum class State { kIdle, kRunning, kStopping };

  DetectorLane() = default;
  void work();
  void set(State state);

  ThreadPool pool_{1};
  std::unique_ptr<engine::Session> session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kIdle;  // guarded by mutex_
  Status done_;                 // of the last run; the lane's while it runs
  std::thread thread_;
};

}  // namespace vseal::watermark
