// Places for tensors in one block of memory.
#pragma once

#include <cstddef>
#include <vector>

namespace vseal::engine {

// A tensor that must lie somewhere from step `first` to step `last`, both included.
struct Lifetime {
  size_t size = 0;  // in floats
  int first = 0;
  int last = 0;
};

struct ArenaLayout {
  std::vector<size_t> offsets;  // in floats, multiples of 16 (64 bytes); as many as lifetimes
  size_t size = 0;              // in floats
};

// Greedy by size: the largest first, each at the lowest offset where it meets no tensor that is
// alive at the same time.
ArenaLayout lay_out(const std::vector<Lifetime>& lifetimes);

}  // namespace vseal::engine
