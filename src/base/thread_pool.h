// A fixed set of threads that share loops.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace vseal {

// Runs loops on `threads` threads, the caller's included. Workers spin for a short while after a
// loop and then sleep, so that the many short loops of a network cost no wake-up each.
// One loop at a time: parallel_for from two threads at once is serialised. Nested calls run inline.
class ThreadPool {
 public:
  // threads <= 0 means one for each core this process may use.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(begin, end) over disjoint chunks that cover [0, count), each at most `chunk` long;
  // returns when all are done. Chunks are taken in order by whichever thread is free, so results
  // must not depend on who runs which. body must not throw.
  void parallel_for(size_t count, size_t chunk,
                    const std::function<void(size_t begin, size_t end)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Number of cores that this process may run on (affinity respected), at least 1.
int available_cores();

}  // namespace vseal
