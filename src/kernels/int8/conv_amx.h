// Tiles of sums on Intel's tile registers (AMX), over whatever has their operations: the processor
// (conv_amx.cc), or a model of it that runs anywhere (tests/kernels/tile_registers.h).
//
// Eight registers hold up to 16 rows of 64 bytes. A dot product adds to each of 16 x 16 sums the
// products of 64 bytes: a row of inputs is a pixel's, a row of weights a quad of 16 channels, which
// is how packed weights lie. Two registers of pixels by two panels take no more loads than dot
// products.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/int8/conv_tile.h"

namespace vseal::kernels {

inline constexpr int kAmxRows = 16;      // of a register: pixels, or quads of weights
inline constexpr int kAmxRowBytes = 64;  // 16 sums, a quad of 16 channels, or 16 quads of inputs
inline constexpr int kAmxPixels = 2 * kAmxRows;

// What the processor reads to shape its registers; those of no rows do not exist.
struct alignas(64) AmxShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(AmxShapes) == 64);

// Numbers of the registers: sums of pixels t by panel c, inputs of pixels t, weights of panel c.
inline constexpr int amx_sums(int t, int c) { return t * 2 + c; }
inline constexpr int amx_inputs(int t) { return 4 + t; }
inline constexpr int amx_weights(int c) { return 6 + c; }

// One tile of sums. Each kernel row is cut into steps of up to 16 quads, as even as can be; where
// the last is shorter, it is left to a second pass over the rows with registers of its shape.
// `Registers` has
//   void shape(const AmxShapes&);  void release();
//   template <int kTile> void zero();
//   template <int kTile> void load(const void* from, int64_t step);  rows lie `step` bytes apart
//   template <int kTile> void store(void* to, int64_t step);
//   template <int kSums, int kInputs, int kWeights> void dot();      i8 by i8, added to the sums
//   void keep_awake();                                               at every fourth step
template <class Registers>
class AmxRun {
 public:
  AmxRun(const Int8Tile& tile, int panels) : tile_(tile), panels_(panels) {
    for (int t = 0; t < 2; ++t) {
      rows_[t] = std::clamp(tile.pixels - t * kAmxRows, 0, kAmxRows);
      spacing_[t] = rows_[t] < 2 ? 0 : input(t, 1) - input(t, 0);
      even_[t] = evenly_spaced(t);
    }
  }

  void run() {
    const int64_t steps = (tile_.quads + kAmxRows - 1) / kAmxRows;
    const int64_t quads = (tile_.quads + steps - 1) / steps, whole = tile_.quads / quads;
    pass({.first = 0, .quads = quads, .steps = whole, .add = false});
    if (whole < steps) {
      pass({.first = whole * quads, .quads = tile_.quads - whole * quads, .steps = 1, .add = true});
    }
    registers_.release();
  }

 private:
  // Steps of every kernel row from quad `first` on.
  struct Pass {
    int64_t first, quads, steps;
    bool add;  // to the sums that are there
  };

  const int8_t* input(int t, int p) const {
    return static_cast<const int8_t*>(tile_.x[t * kAmxRows + p]);
  }
  // Whether one load with a step gets them all, as inside a row of a picture.
  bool evenly_spaced(int t) const {
    for (int p = 1; p < rows_[t]; ++p) {
      if (input(t, p) - input(t, p - 1) != spacing_[t]) return false;
    }
    return true;
  }
  int64_t sums_step() const { return int64_t{panels_} * kAmxRowBytes; }
  int32_t* sums(int t, int panel) const {
    return tile_.sums + (t * kAmxRows * panels_ + panel) * kInt8Panel;
  }

  void pass(const Pass& pass) {
    AmxShapes shapes;
    const auto set = [&shapes](int tile, int64_t rows, int64_t bytes) {
      shapes.rows[tile] = static_cast<uint8_t>(rows);
      shapes.row_bytes[tile] = static_cast<uint16_t>(bytes);
    };
    for (int i = 0; i < 2; ++i) {
      set(amx_weights(i), pass.quads, kAmxRowBytes);
      if (rows_[i] == 0) continue;
      set(amx_inputs(i), rows_[i], pass.quads * 4);
      for (int c = 0; c < 2; ++c) set(amx_sums(i, c), rows_[i], kAmxRowBytes);
    }
    registers_.shape(shapes);
    for (int panel = 0; panel < panels_; panel += 2) {
      const bool pair = panel + 1 < panels_;
      if (rows_[1] > 0) {
        pair ? block<2, 2>(pass, panel) : block<2, 1>(pass, panel);
      } else {
        pair ? block<1, 2>(pass, panel) : block<1, 1>(pass, panel);
      }
    }
  }

  template <int kTiles, int kPanels>
  void block(const Pass& pass, int panel) {
    begin<0, kPanels>(pass, panel);
    if constexpr (kTiles > 1) begin<1, kPanels>(pass, panel);
    int64_t count = 0;
    for (int64_t row = 0; row < tile_.rows; ++row) {
      const int64_t quad = row * tile_.quads + pass.first;
      const int8_t* weights = tile_.weights + panel * tile_.panel_step + quad * kAmxRowBytes;
      int64_t at = row * tile_.row_step + pass.first * 4;
      for (int64_t s = 0; s < pass.steps; ++s) {
        step<kTiles, kPanels>(at, pass.quads * 4, weights);
        at += pass.quads * 4;
        weights += pass.quads * kAmxRowBytes;
        if (++count % 4 == 0) registers_.keep_awake();
      }
    }
    end<0, kPanels>(panel);
    if constexpr (kTiles > 1) end<1, kPanels>(panel);
  }

  template <int kTiles, int kPanels>
  void step(int64_t at, int64_t bytes, const int8_t* weights) {
    load_inputs<0>(at, bytes);
    if constexpr (kTiles > 1) load_inputs<1>(at, bytes);
    multiply<kTiles, 0>(weights);
    if constexpr (kPanels > 1) multiply<kTiles, 1>(weights + tile_.panel_step);
  }

  template <int kT>
  void load_inputs(int64_t at, int64_t bytes) {
    constexpr int kTile = amx_inputs(kT);
    if (even_[kT]) return registers_.template load<kTile>(input(kT, 0) + at, spacing_[kT]);
    alignas(64) int8_t gathered[kAmxRows][kAmxRowBytes];
    for (int p = 0; p < rows_[kT]; ++p) {
      std::memcpy(gathered[p], input(kT, p) + at, static_cast<size_t>(bytes));
    }
    registers_.template load<kTile>(gathered, kAmxRowBytes);
  }

  template <int kTiles, int kC>
  void multiply(const int8_t* weights) {
    registers_.template load<amx_weights(kC)>(weights, kAmxRowBytes);
    registers_.template dot<amx_sums(0, kC), amx_inputs(0), amx_weights(kC)>();
    if constexpr (kTiles > 1) {
      registers_.template dot<amx_sums(1, kC), amx_inputs(1), amx_weights(kC)>();
    }
  }

  template <int kT, int kPanels, int kC = 0>
  void begin(const Pass& pass, int panel) {
    constexpr int kTile = amx_sums(kT, kC);
    if (pass.add) {
      registers_.template load<kTile>(sums(kT, panel + kC), sums_step());
    } else {
      registers_.template zero<kTile>();
    }
    if constexpr (kC + 1 < kPanels) begin<kT, kPanels, kC + 1>(pass, panel);
  }

  template <int kT, int kPanels, int kC = 0>
  void end(int panel) {
    registers_.template store<amx_sums(kT, kC)>(sums(kT, panel + kC), sums_step());
    if constexpr (kC + 1 < kPanels) end<kT, kPanels, kC + 1>(panel);
  }

  const Int8Tile& tile_;
  const int panels_;
  int rows_[2];         // pixels in each register of them
  int64_t spacing_[2];  // bytes from one to the next
  bool even_[2];
  Registers registers_;
};

// A kernel over such registers. No Winograd: it saves three quarters of the multiplications, but
// needs those of 16 bits, of which AVX-512 does a sixteenth of what tiles do in a cycle.
template <class Registers>
constexpr Int8TileKernel amx_kernel(const char* name) {
  return {PaddedKind::kSigned, [](int) { return kAmxPixels; },
          [](const Int8Tile& tile, int panels) { AmxRun<Registers>(tile, panels).run(); }, nullptr,
          name};
}

}  // namespace vseal::kernels
