// What the processor's tile registers do, as the instructions' manual has it, in plain loops: the
// AMX kernel runs on them on every machine. Whatever the processor would refuse is a test failure.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "kernels/int8/conv_amx.h"

namespace vseal::kernels {

class TileRegisters {
 public:
  TileRegisters() = default;
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;
  ~TileRegisters() { EXPECT_FALSE(shaped_) << "registers are left for the system to save"; }

  // LDTILECFG
  void shape(const AmxShapes& shapes) {
    EXPECT_EQ(shapes.palette, 1);
    EXPECT_EQ(shapes.start_row, 0);
    EXPECT_TRUE(std::ranges::all_of(shapes.reserved, [](uint8_t b) { return b == 0; }));
    for (size_t i = 0; i < 16; ++i) {
      const int rows = shapes.rows[i], bytes = shapes.row_bytes[i];
      EXPECT_TRUE(i < kCount || (rows == 0 && bytes == 0)) << "register " << i;
      EXPECT_TRUE(rows <= kAmxRows && bytes <= kAmxRowBytes) << rows << " rows of " << bytes;
      EXPECT_EQ(rows == 0, bytes == 0) << rows << " rows of " << bytes;
      if (i < kCount) tiles_[i] = {rows, bytes, {}};
    }
    shaped_ = true;
  }
  // TILERELEASE
  void release() {
    shaped_ = false;
    tiles_ = {};
  }

  // TILEZERO
  template <int kTile>
  void zero() {
    at<kTile>().bytes = {};
  }

  // TILELOADD: what it does not load of the register is zero.
  template <int kTile>
  void load(const void* from, int64_t step) {
    Tile& tile = at<kTile>();
    tile.bytes = {};
    for (int r = 0; r < tile.rows; ++r) {
      std::memcpy(tile.row(r), static_cast<const uint8_t*>(from) + r * step, tile.size());
    }
  }

  // TILESTORED
  template <int kTile>
  void store(void* to, int64_t step) {
    Tile& tile = at<kTile>();
    for (int r = 0; r < tile.rows; ++r) {
      std::memcpy(static_cast<uint8_t*>(to) + r * step, tile.row(r), tile.size());
    }
  }

  // TDPBSSD: sums[m][n] += sum over k and i of inputs[m][4 k + i] * weights[k][4 n + i].
  template <int kSums, int kInputs, int kWeights>
  void dot() {
    static_assert(kSums != kInputs && kSums != kWeights && kInputs != kWeights);
    Tile &sums = at<kSums>(), &inputs = at<kInputs>(), &weights = at<kWeights>();
    EXPECT_EQ(sums.rows, inputs.rows);
    EXPECT_EQ(sums.row_bytes, weights.row_bytes);
    EXPECT_EQ(inputs.row_bytes, weights.rows * 4);
    EXPECT_EQ(sums.row_bytes % 4, 0);
    for (int m = 0; m < sums.rows; ++m) {
      for (int n = 0; n < sums.row_bytes / 4; ++n) {
        uint32_t sum;
        std::memcpy(&sum, sums.row(m) + 4 * n, 4);
        for (int k = 0; k < weights.rows; ++k) {
          for (int i = 0; i < 4; ++i) {
            const auto input = static_cast<int8_t>(inputs.row(m)[4 * k + i]);
            const auto weight = static_cast<int8_t>(weights.row(k)[4 * n + i]);
            sum += static_cast<uint32_t>(input * weight);
          }
        }
        std::memcpy(sums.row(m) + 4 * n, &sum, 4);
      }
    }
  }

  void keep_awake() {}

 private:
  static constexpr size_t kCount = 8;
  struct Tile {
    int rows = 0, row_bytes = 0;
    std::array<uint8_t, kAmxRows* kAmxRowBytes> bytes = {};

    uint8_t* row(int r) { return bytes.data() + r * kAmxRowBytes; }
    size_t size() const { return static_cast<size_t>(row_bytes); }
  };

  template <int kTile>
  Tile& at() {
    static_assert(kTile >= 0 && kTile < int{kCount});
    EXPECT_TRUE(shaped_ && tiles_[kTile].rows > 0) << "register " << kTile << " has no shape";
    return tiles_[kTile];
  }

  std::array<Tile, kCount> tiles_ = {};
  bool shaped_ = false;
};

}  // namespace vseal::kernels
