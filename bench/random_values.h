// Numbers for benchmarks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace vseal::bench {

// Uniform in [-1, 1), the same for the same seed.
inline std::vector<float> random_values(size_t count, uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(static_cast<int32_t>(engine())) * 0x1p-31f;
  return values;
}

}  // namespace vseal::bench
