// Integer convolution: tiles of sums over a padded copy of the input, finished as they are made.
//
// Work is cut into (group of panels, block of pixels) tasks, so that a group's weights stay in the
// second level cache while a block's tiles go by.
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <algorithm>

#include "kernels/int8/conv_pad.h"
#include "kernels/int8/conv_tile.h"
#include "kernels/int8/store.h"
#include "kernels/int8/winograd.h"
#include "kernels/isa.h"

namespace vseal::kernels {
namespace {

constexpr int64_t kBlockPixels = 96;  // a multiple of the tiles' 6, 8, 12 and 32

struct Job {
  const Conv2dShape& s;
  const Int8ConvArguments& a;
  const PackedInt8Filter& packed;
  const Int8TileKernel& kernel;
  const std::byte* padded;
  const int32_t* offset;
  int64_t value_bytes, pixels, panels, groups, blocks;
};

// Goes through the output pixels in their order, and tells where their windows begin in the padded
// copy.
class Windows {
 public:
  Windows(const Job& job, int64_t pixel)
      : s_(job.s),
        line_(padded_width(s_) * s_.ic * job.value_bytes),
        step_(int64_t{s_.stride} * s_.ic * job.value_bytes) {
    const int64_t row = pixel / s_.out_w(), n = row / s_.out_h();
    x_ = pixel % s_.out_w();
    y_ = row % s_.out_h();
    picture_ = job.padded + n * padded_height(s_) * line_;
    at_ = picture_ + y_ * s_.stride * line_ + x_ * step_;
  }

  const std::byte* at() const { return at_; }
  void advance() {
    at_ += step_;
    if (++x_ < s_.out_w()) return;
    x_ = 0;
    if (++y_ == s_.out_h()) {
      y_ = 0;
      picture_ += padded_height(s_) * line_;
    }
    at_ = picture_ + y_ * s_.stride * line_;
  }

 private:
  const Conv2dShape& s_;
  int64_t line_, step_;  // bytes from one row, one output pixel's window, to the next
  int64_t x_, y_;
  const std::byte *picture_, *at_;
};

void run_task(const Job& job, int64_t task) {
  const Conv2dShape& s = job.s;
  const int64_t group = task / job.blocks;
  const int64_t first = group * job.panels / job.groups;
  const int panels = static_cast<int>((group + 1) * job.panels / job.groups - first);
  const int64_t begin = task % job.blocks * kBlockPixels;
  const int64_t end = std::min(begin + kBlockPixels, job.pixels);
  const int per_tile = job.kernel.pixels(panels);
  alignas(64) int32_t sums[kInt8MaxPixels * kInt8MaxPanels * kInt8Panel];
  Int8Tile tile;
  tile.row_step = padded_width(s) * s.ic;
  tile.rows = s.kh;
  tile.quads = row_quads(s);
  tile.weights = job.packed.weights.data() + first * panel_bytes(s);
  tile.panel_step = panel_bytes(s);
  tile.sums = sums;
  const int channel = static_cast<int>(first) * kInt8Panel;
  const int channels = std::min(panels * kInt8Panel, s.oc - channel);
  const Int8Finish finish{s, job.a, job.offset, bias_per_pixel(job.a)};
  Windows windows(job, begin);
  for (int64_t pixel = begin; pixel < end; pixel += per_tile) {
    tile.pixels = static_cast<int>(std::min<int64_t>(per_tile, end - pixel));
    for (int p = 0; p < tile.pixels; ++p, windows.advance()) tile.x[p] = windows.at();
    // Pixels past the last one read what it reads.
    std::fill(tile.x + tile.pixels, tile.x + per_tile, tile.x[tile.pixels - 1]);
    job.kernel.run(tile, panels);
    finish_i8(finish, sums, panels * kInt8Panel, pixel, tile.pixels, channel, channels);
  }
}

}  // namespace

const Int8TileKernel& int8_tile_kernel() {
#if defined(__x86_64__)
  const std::string isa = active_isa();
  if (isa == "amx") return int8_amx_kernel();
  if (isa == "avx512" && __builtin_cpu_supports("avx512vnni")) return int8_vnni_kernel();
  if (isa == "avx512" || isa == "avx2") return int8_avx2_kernel();
#elif defined(__aarch64__)
  const bool dot = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  if (active_isa() == "neon") return dot ? int8_sdot_kernel() : int8_neon_kernel();
#endif
  return int8_portable_kernel();
}

void fill_offsets(const Conv2dShape& s, const Int8ConvArguments& a, int32_t factor,
                  const int32_t* filter_sums, int32_t* offset) {
  const bool biased = a.bias != nullptr && a.bias_layout == BiasLayout::kVector;
  for (int o = 0; o < s.oc; ++o) {
    const int32_t bias = biased ? a.bias[o] : 0;
    offset[o] = wrapping_add(bias, -factor * (factor == 0 ? 0 : filter_sums[o]));
  }
}

void conv2d_i8(const Conv2dShape& s, const Int8ConvArguments& a, const PackedInt8Filter& packed,
               float* scratch, ThreadPool& pool) {
  conv2d_i8_with(int8_tile_kernel(), s, a, packed, scratch, pool);
}

void conv2d_i8_with(const Int8TileKernel& kernel, const Conv2dShape& s, const Int8ConvArguments& a,
                    const PackedInt8Filter& packed, float* scratch, ThreadPool& pool) {
  const int64_t panels = (int64_t{s.oc} + kInt8Panel - 1) / kInt8Panel;
  const bool winograd = kernel.multiply != nullptr && !packed.winograd_ends.empty();
  const PaddedKind kind = winograd ? PaddedKind::kBytes : kernel.padded;
  auto* offset = reinterpret_cast<int32_t*>(scratch);
  float* copy = scratch + panels * kInt8Panel;
  auto* padded = reinterpret_cast<std::byte*>(copy);
  pad_input(s, a, kind, padded, pool);
  const int32_t zero = padded_zero(kind, a.x_zero_point);
  fill_offsets(s, a, winograd ? 0 : zero, packed.sums.data(), offset);
  if (winograd) {
    const Int8Finish finish{s, a, offset, bias_per_pixel(a)};
    winograd_i8({s, finish, reinterpret_cast<const uint8_t*>(padded), static_cast<int16_t>(zero),
                 packed.weights.data(), packed.winograd_ends, kernel.multiply},
                copy + conv2d_i8_copy_floats(s, kind), pool);
    return;
  }
  Job job{s, a, packed, kernel, padded, offset, value_bytes(kind), 0, 0, 0, 0};
  job.pixels = int64_t{s.n} * s.out_h() * s.out_w();
  job.panels = panels;
  job.groups = (panels + kInt8MaxPanels - 1) / kInt8MaxPanels;
  job.blocks = (job.pixels + kBlockPixels - 1) / kBlockPixels;
  pool.parallel_for(static_cast<size_t>(job.groups * job.blocks), 1,
                    [&job](size_t begin, size_t end) {
                      for (size_t i = begin; i < end; ++i) run_task(job, static_cast<int64_t>(i));
                    });
}

}  // namespace vseal::kernels
