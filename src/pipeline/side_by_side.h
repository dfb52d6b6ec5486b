// Two things at once.
#pragma once

#include <array>
#include <new>

#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::pipeline {

// Runs two functions that return a Status, at the same time where there is a pool with threads;
// their own loops then run on one. Returns the first one's error, else the second one's. Memory
// that is short is kOutOfMemory: no exception may leave a thread of the pool.
template <typename First, typename Second>
Status side_by_side(ThreadPool* pool, const First& first, const Second& second) {
  const auto run = [](const auto& function) -> Status {
    try {
      return function();
    } catch (const std::bad_alloc&) {
      return Status(Code::kOutOfMemory, "no memory");
    }
  };
  std::array<Status, 2> done;
  const auto one = [&](size_t begin, size_t) {
    done[begin] = begin == 0 ? run(first) : run(second);
  };
  if (pool != nullptr) {
    pool->parallel_for(2, 1, one);
  } else {
    one(0, 1);
    one(1, 2);
  }
  return done[0].ok() ? done[1] : done[0];
}

}  // namespace vseal::pipeline
