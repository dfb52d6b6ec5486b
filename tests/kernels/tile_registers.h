// What tile registers do, as the manual of the instructions has it, in plain loops. Whatever a
// processor would refuse is a test failure.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "kernels/int8/conv_amx.h"

namespace vseal::kernels {

class TileModel {
 public:
  TileModel() = default;
  TileModel(const TileModel&) = delete;
  TileModel& operator=(const TileModel&) = delete;
  ~TileModel() { EXPECT_FALSE(shaped_) << "registers are left for the system to save"; }

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
  void zero(int tile) { at(tile).bytes = {}; }

  // TILELOADD: what it does not load of the register becomes zero.
  void load(int tile, const void* from, int64_t step) {
    Tile& to = at(tile);
    to.bytes = {};
    for (int r = 0; r < to.rows; ++r) {
      std::memcpy(to.row(r), static_cast<const uint8_t*>(from) + r * step, to.size());
    }
  }

  // TILESTORED
  void store(int tile, void* to, int64_t step) {
    Tile& from = at(tile);
    for (int r = 0; r < from.rows; ++r) {
      std::memcpy(static_cast<uint8_t*>(to) + r * step, from.row(r), from.size());
    }
  }

  // TDPBSSD: c[m][n] += sum over k and i < 4 of a[m][4 k + i] * b[k][4 n + i]. Bytes of b and c
  // beyond their rows' ends are zeros.
  void dot(int c_tile, int a_tile, int b_tile) {
    EXPECT_TRUE(c_tile != a_tile && c_tile != b_tile && a_tile != b_tile);
    Tile &c = at(c_tile), &a = at(a_tile), &b = at(b_tile);
    EXPECT_EQ(c.rows, a.rows);
    EXPECT_EQ(c.row_bytes, b.row_bytes);
    EXPECT_EQ(a.row_bytes, b.rows * 4);
    EXPECT_EQ(c.row_bytes % 4, 0);
    for (int m = 0; m < c.rows; ++m) {
      std::array<uint32_t, kAmxRowBytes / 4> sums;
      std::memcpy(sums.data(), c.row(m), kAmxRowBytes);
      for (int k = 0; k < b.rows; ++k) {
        const auto* x = reinterpret_cast<const int8_t*>(a.row(m)) + 4 * k;
        const auto* y = reinterpret_cast<const int8_t*>(b.row(k));
        for (size_t n = 0; n < sums.size(); ++n, y += 4) {
          const int products = x[0] * y[0] + x[1] * y[1] + x[2] * y[2] + x[3] * y[3];
          sums[n] += static_cast<uint32_t>(products);
        }
      }
      std::memcpy(c.row(m), sums.data(), kAmxRowBytes);
    }
  }

 private:
  static constexpr size_t kCount = 8;
  struct Tile {
    int rows = 0, row_bytes = 0;
    std::array<uint8_t, kAmxRows* kAmxRowBytes> bytes = {};

    uint8_t* row(int r) { return bytes.data() + r * kAmxRowBytes; }
    size_t size() const { return static_cast<size_t>(row_bytes); }
  };

  Tile& at(int tile) {
    Tile& found = tiles_[static_cast<size_t>(tile) % kCount];
    EXPECT_TRUE(shaped_ && found.rows > 0) << "register " << tile << " has no shape";
    return found;
  }

  std::array<Tile, kCount> tiles_ = {};
  bool shaped_ = false;
};

// The model where AmxRun wants registers.
class ModelRegisters {
 public:
  void shape(const AmxShapes& shapes) { model_.shape(shapes); }
  void release() { model_.release(); }
  template <int kTile>
  void zero() {
    model_.zero(kTile);
  }
  template <int kTile>
  void load(const void* from, int64_t step) {
    model_.load(kTile, from, step);
  }
  template <int kTile>
  void store(void* to, int64_t step) {
    model_.store(kTile, to, step);
  }
  template <int kSums, int kInputs, int kWeights>
  void dot() {
    model_.dot(kSums, kInputs, kWeights);
  }
  void keep_awake() {}

 private:
  TileModel model_;
};

}  // namespace vseal::kernels
