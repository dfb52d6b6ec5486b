// Rows shared out between threads.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/thread_pool.h"

namespace vseal::image {

// Band i holds rows [begin(i), end(i)) of a picture.
struct Bands {
  int rows = 0;    // of the picture
  int height = 0;  // of a band
  int count() const { return (rows + height - 1) / height; }
  int begin(int band) const { return band * height; }
  int end(int band) const { return std::min((band + 1) * height, rows); }
};

// A few bands for each thread, none lower than `least` rows. For work whose result does not depend
// on where bands begin.
inline Bands choose_bands(int rows, int least, const ThreadPool* pool) {
  constexpr int kPerThread = 4;
  const int wanted = pool == nullptr || pool->threads() == 1 ? 1 : pool->threads() * kPerThread;
  return {rows, std::max(least, (rows + wanted - 1) / wanted)};
}

// Calls body(band) for every band, on the threads of `pool` if there is one.
template <typename Body>
void for_each_band(const Bands& bands, ThreadPool* pool, const Body& body) {
  const auto range = [&](size_t begin, size_t end) {
    for (size_t band = begin; band < end; ++band) body(static_cast<int>(band));
  };
  if (pool != nullptr) {
    pool->parallel_for(static_cast<size_t>(bands.count()), 1, range);
  } else {
    range(0, static_cast<size_t>(bands.count()));
  }
}

}  // namespace vseal::image
