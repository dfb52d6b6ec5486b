// Where the values of a tensor lie: what ranges are chosen from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vseal::quant {

// Counts of values over bins of equal width on [-limit, limit]. The limit doubles, and bins join in
// pairs, when a value lies beyond it, so one pass over the data is enough. Zeros are not counted:
// every quantisation stores them exactly. Not thread-safe.
class Histogram {
 public:
  static constexpr size_t kBins = 8192;

  // Values that are not finite are counted in bad() alone.
  void add(std::span<const float> values);

  float min() const { return min_; }  // of all values; 0 where there are none
  float max() const { return max_; }
  int64_t count() const { return count_; }  // with zeros
  int64_t bad() const { return bad_; }
  std::span<const int64_t> bins() const { return bins_; }
  float centre(size_t bin) const;

 private:
  void widen(float value);
  void add_block(std::span<const float> values);
  void add_some(std::span<const float> values);  // of which some are not finite

  std::vector<int64_t> bins_ = std::vector<int64_t>(kBins);
  float limit_ = 0x1p-20f;
  float min_ = 0;
  float max_ = 0;
  int64_t count_ = 0;
  int64_t bad_ = 0;
};

}  // namespace vseal::quant
