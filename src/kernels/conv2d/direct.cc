// Direct convolution: a tile of pixels x output channels stays in registers over the whole sum.
//
// Work is cut into (group of panels, block of pixels) tasks. A group's weights stay in the second
// level cache while the blocks go by; within a block, tile after tile takes each weight vector
// from there once and each input value, broadcast, from the first level.
#include "kernels/conv2d/packed.h"
#include "kernels/conv2d/tile.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/direct.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/conv2d/microkernel-inl.h"
// clang-format on

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {

// A task's partial sums: 24 KiB of stack.
constexpr int kMaxBlockSums = 6144;
constexpr int kBlockPixelStep = 24;  // a multiple of every tile_pixels()
// A group's weights should leave room for rows of input in an L2 cache of 1 MiB.
constexpr int64_t kGroupWeightBytes = 700 << 10;

struct Job {
  const Conv2dShape& shape;
  const Conv2dArguments& arguments;
  TilePointer pointer;
  int64_t panels, groups, block_pixels, blocks;
  int ic_block;
};

Job plan_job(const Conv2dShape& s, const Conv2dArguments& a) {
  const int64_t panels = panel_count(s);
  const int64_t depth = int64_t{s.kh} * s.kw * s.ic;
  const TilePointer pointer(s, a.x, a.x_stride, zeros_after_weights(s, a.packed));
  Job job{s, a, pointer, panels, 0, 0, 0, 0};
  job.groups = (panels + kMaxPanels - 1) / kMaxPanels;
  const int64_t group_panels = (panels + job.groups - 1) / job.groups;

  const int64_t pixels = job.pointer.pixel_count();
  int64_t steps = kMaxBlockSums / (group_panels * kPanel) / kBlockPixelStep;
  const auto blocks_of = [&](int64_t n) {
    return (pixels + n * kBlockPixelStep - 1) / (n * kBlockPixelStep);
  };
  // Enough tasks for a few threads, even where the picture is small.
  while (steps > 1 && blocks_of(steps) * job.groups < 16) steps /= 2;
  job.block_pixels = steps * kBlockPixelStep;
  job.blocks = blocks_of(steps);

  const int64_t bytes = group_panels * kPanel * depth * static_cast<int64_t>(sizeof(float));
  const int64_t parts = (bytes + kGroupWeightBytes - 1) / kGroupWeightBytes;
  job.ic_block = static_cast<int>((s.ic + parts - 1) / parts);
  return job;
}

struct Range {
  int64_t begin, end;
};

// One tile: all its sums over input channels `ic`, from `start` into `sums`. A tile that is less
// than half full runs on half the registers.
template <int kPixels, int kPanels>
void run_tile(const Job& job, const float* weights, Range pixels, Range ic, const float* start,
              int64_t start_step, float* sums) {
  if constexpr (kPixels > 1) {
    if (pixels.end - pixels.begin <= kPixels / 2) {
      return run_tile<kPixels / 2, kPanels>(job, weights, pixels, ic, start, start_step, sums);
    }
  }
  const Conv2dShape& s = job.shape;
  TileSource source;
  job.pointer.point(pixels.begin, kPixels, static_cast<int>(ic.begin), static_cast<int>(ic.end),
                    source);
  accumulate<kPixels, kPanels>(source, weights + ic.begin * kPanel,
                               int64_t{kPanel} * s.kh * s.kw * s.ic, start, start_step, sums);
}

template <int kPanels>
void run_block(const Job& job, int64_t first_panel, Range pixels) {
  constexpr int kPixels = tile_pixels(kPanels);
  constexpr int kRow = kPanels * kPanel;
  const Conv2dShape& s = job.shape;
  const Output out = panel_output(s, job.arguments, first_panel, kPanels);
  const float* weights = job.arguments.packed + first_panel * kPanel * s.kh * s.kw * s.ic;
  alignas(64) float sums[kMaxBlockSums];
  alignas(64) float bias[kRow] = {};
  if (job.arguments.bias != nullptr) {
    std::copy_n(job.arguments.bias + first_panel * kPanel, out.channels, bias);
  }
  for (int ic = 0; ic < s.ic; ic += job.ic_block) {
    const Range channels{ic, std::min(s.ic, ic + job.ic_block)};
    for (int64_t pixel = pixels.begin; pixel < pixels.end; pixel += kPixels) {
      const Range tile{pixel, std::min(pixel + kPixels, pixels.end)};
      // Sums that wait for more channels have a place each; finished ones share the first.
      float* place = job.ic_block < s.ic ? sums + (pixel - pixels.begin) * kRow : sums;
      run_tile<kPixels, kPanels>(job, weights, tile, channels, ic == 0 ? bias : place,
                                 ic == 0 ? 0 : kRow, place);
      if (channels.end < s.ic) continue;
      finish(job.arguments.activation, out, place, kRow, pixel,
             static_cast<int>(tile.end - tile.begin));
    }
  }
}

void run_task(const Job& job, int64_t task) {
  const int64_t group = task / job.blocks;
  const int64_t first = group * job.panels / job.groups;
  const int64_t panels = (group + 1) * job.panels / job.groups - first;
  const int64_t begin = task % job.blocks * job.block_pixels;
  const Range pixels{begin, std::min(begin + job.block_pixels, job.pointer.pixel_count())};
  if constexpr (kMaxPanels >= 3) {
    if (panels == 3) return run_block<3>(job, first, pixels);
    if (panels == 2) return run_block<2>(job, first, pixels);
  }
  run_block<1>(job, first, pixels);
}

void conv2d_direct(const Conv2dShape& shape, const Conv2dArguments& arguments, ThreadPool& pool) {
  const Job job = plan_job(shape, arguments);
  pool.parallel_for(static_cast<size_t>(job.groups * job.blocks), 1,
                    [&job](size_t begin, size_t end) {
                      for (size_t i = begin; i < end; ++i) run_task(job, static_cast<int64_t>(i));
                    });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(conv2d_direct);

void conv2d_f32_direct(const Conv2dShape& shape, const Conv2dArguments& arguments,
                       ThreadPool& pool) {
  VSEAL_DISPATCH(conv2d_direct)(shape, arguments, pool);
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
