// Places in scratch memory for tasks that run at the same time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vseal::kernels {

inline constexpr int kMaxScratchSlots = 64;

// Hands each running task scratch of its own. A pool has as many slots as threads, so that
// no task waits, unless it has more than kMaxScratchSlots.
class ScratchSlots {
 public:
  // 1 <= count <= kMaxScratchSlots.
  explicit ScratchSlots(int count) : count_(static_cast<size_t>(count)) {}
  // A free slot, 0 to count - 1; waits for one where there is none. Thread-safe.
  int64_t take() {
    for (size_t i = 0;; i = (i + 1) % count_) {
      if (!taken_[i].exchange(true, std::memory_order_acquire)) return static_cast<int64_t>(i);
    }
  }
  void give_back(int64_t slot) {
    taken_[static_cast<size_t>(slot)].store(false, std::memory_order_release);
  }

 private:
  size_t count_;
  std::array<std::atomic<bool>, kMaxScratchSlots> taken_ = {};
};

}  // namespace vseal::kernels
