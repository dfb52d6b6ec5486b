// Winograd's F(4x4, 3x3): Y = A^T [(G g G^T) * (B^T d B)] A, summed over input channels between
// the transforms (A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks").
//
// Weights are transformed on the fly, block of channels by block: that costs a twentieth of the
// products and keeps their memory at a quarter.
#include "kernels/conv2d/winograd.h"

#include "kernels/conv2d/packed.h"
#include "kernels/conv2d/tile.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/winograd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/conv2d/microkernel-inl.h"
#include "kernels/conv2d/winograd_lines-inl.h"
// clang-format on

#include <hwy/cache_control.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kIn = kWinogradInput;
constexpr int kOut = kWinogradOutput;
constexpr int kPlaces = kWinogradPlaces;
constexpr int kBlockChannels = WinogradPlan::kBlockChannels;

// Loads kLanes channels from `from`, of which `count` exist.
HWY_INLINE V load_channels(const float* from, int64_t count) {
  const D d;
  if (count >= kLanes) return hn::LoadU(d, from);
  alignas(64) float part[kLanes] = {};
  std::copy_n(from, count, part);
  return hn::Load(d, part);
}

// One convolution being run.
struct Job {
  const Conv2dShape& shape;
  const Conv2dArguments& arguments;
  WinogradPlan plan;
  int64_t band_begin = 0, band_end = 0;  // tiles

  // Inputs of a band: [channel block][place][tile][kBlockChannels].
  float* inputs(int64_t block) const { return arguments.scratch + block * plan.input_block(); }
  // Of one task at a time: weights [place][panel][channel][16], sums [place][panel][tile][16], and
  // unless they are shared the inputs of a block of channels.
  float* task(int64_t slot) const {
    return arguments.scratch + plan.shared_floats() + slot * plan.task_floats();
  }
};

// Transforms a block of channels of one input patch into to[place][channel].
void transform_patch(const Job& job, const WinogradPatch& patch, int64_t block, float* to) {
  const int64_t place_step = job.plan.input_place();
  const int64_t end = std::min<int64_t>((block + 1) * kBlockChannels, job.shape.ic);
  for (int64_t channel = block * kBlockChannels; channel < end; channel += kLanes, to += kLanes) {
    V half[kIn][kIn];
    for (int c = 0; c < kIn; ++c) {
      V column[kIn], result[kIn];
      for (int r = 0; r < kIn; ++r) {
        column[r] = load_channels(patch.at[r][c] + channel, end - channel);
      }
      transform_input(column, result);
      for (int r = 0; r < kIn; ++r) half[r][c] = result[r];
    }
    for (int r = 0; r < kIn; ++r) {
      V result[kIn];
      transform_input(half[r], result);
      for (int c = 0; c < kIn; ++c) hn::Store(result[c], D(), to + (r * kIn + c) * place_step);
    }
  }
}

// Fetches what a patch does not share with its left neighbour: hardware does not foresee the order
// in which patches are read.
void prefetch_patch(const WinogradPatch& patch, int64_t first_channel, int64_t channels) {
  for (int c = kIn - kOut; c < kIn; ++c) {
    for (int r = 0; r < kIn; ++r) {
      for (int64_t channel = 0; channel < channels; channel += 16) {
        hwy::Prefetch(patch.at[r][c] + first_channel + channel);
      }
    }
  }
}

// Transforms a task's own inputs: a block of channels of tiles [begin, end) into
// to[place][tile][channel].
void transform_patches(const Job& job, int64_t begin, int64_t end, int64_t block, float* to) {
  const int64_t channel = block * kBlockChannels;
  const int64_t channels = std::min<int64_t>(kBlockChannels, job.shape.ic - channel);
  WinogradPatch patch(job.shape, job.arguments, job.plan, begin);
  for (int64_t tile = begin; tile < end; ++tile, to += kBlockChannels) {
    const WinogradPatch next(job.shape, job.arguments, job.plan, std::min(tile + 1, end - 1));
    prefetch_patch(next, channel, channels);
    transform_patch(job, patch, block, to);
    patch = next;
  }
}

// The panels and channels that a task works on.
struct Slice {
  int64_t first_panel;
  int panels;
  int64_t first_channel;
  int channels;
};

// weights[place][panel][channel] = G g G^T of the slice.
void transform_weights(const Job& job, const Slice& slice, float* weights) {
  const D d;
  const int64_t ic = job.shape.ic;
  for (int i = 0; i < slice.panels * slice.channels * kVectorsPerPanel; ++i) {
    const int lane = i % kVectorsPerPanel * kLanes;
    const int channel = i / kVectorsPerPanel % slice.channels;
    const int panel = i / kVectorsPerPanel / slice.channels;
    const float* from = job.arguments.packed + (slice.first_panel + panel) * 9 * ic * kPanel +
                        (slice.first_channel + channel) * kPanel + lane;
    V half[kIn][3];
    for (int c = 0; c < 3; ++c) {
      const V column[3] = {hn::Load(d, from + c * ic * kPanel),
                           hn::Load(d, from + (3 + c) * ic * kPanel),
                           hn::Load(d, from + (6 + c) * ic * kPanel)};
      V result[kIn];
      transform_weight(column, result);
      for (int r = 0; r < kIn; ++r) half[r][c] = result[r];
    }
    float* to = weights + (panel * kBlockChannels + channel) * kPanel + lane;
    for (int r = 0; r < kIn; ++r) {
      V result[kIn];
      transform_weight(half[r], result);
      for (int c = 0; c < kIn; ++c) {
        hn::Store(result[c], d, to + (r * kIn + c) * WinogradPlan::kWeightPlace);
      }
    }
  }
}

// sums[tile][kPanels * 16] (+)= inputs[tile][channels] * weights for `tiles` tiles. May write up
// to a tile_pixels() more rows of sums.
template <int kPixels, int kPanels>
void multiply(const float* inputs, int tiles, int channels, const float* weights, bool first,
              float* sums) {
  alignas(64) static constexpr float kZeros[kPanels * kPanel] = {};
  constexpr int kRow = kPanels * kPanel;
  TileSource source;
  source.segments = 1;
  source.length = channels;
  for (int tile = 0; tile < tiles; tile += kPixels) {
    float* to = sums + tile * kRow;
    if constexpr (kPixels > 1) {
      if (tiles - tile <= kPixels / 2) {
        return multiply<kPixels / 2, kPanels>(inputs + tile * kBlockChannels, tiles - tile,
                                              channels, weights, first, to);
      }
    }
    for (int p = 0; p < kPixels; ++p) {
      source.x[p] = inputs + std::min(tile + p, tiles - 1) * kBlockChannels;
    }
    accumulate<kPixels, kPanels>(source, weights, kBlockChannels * kPanel, first ? kZeros : to,
                                 first ? 0 : kRow, to);
  }
}

// Panels that one microkernel sums; a task's sums lie in runs of so many.
HWY_INLINE int run_panels(int panels) { return std::min(panels, kMaxPanels); }

// Offset of the sums of a run that begins with `panel`, within a place.
HWY_INLINE int64_t sum_offset(int panel) {
  return int64_t{panel} * (WinogradPlan::kBlockTiles + 16) * kPanel;
}

// The products of one block of channels at every place.
void multiply_places(const Slice& slice, const float* inputs, int64_t input_place, int tiles,
                     const float* weights, float* sums) {
  const bool first = slice.first_channel == 0;
  const int run = run_panels(slice.panels);
  for (int place = 0; place < kPlaces; ++place) {
    for (int panel = 0; panel < slice.panels; panel += run) {
      const float* w =
          weights + place * WinogradPlan::kWeightPlace + panel * kBlockChannels * kPanel;
      float* to = sums + place * WinogradPlan::kSumPlace + sum_offset(panel);
      const float* from = inputs + place * input_place;
      if constexpr (kMaxPanels >= 3) {
        if (run == 3) multiply<tile_pixels(3), 3>(from, tiles, slice.channels, w, first, to);
        if (run == 2) multiply<tile_pixels(2), 2>(from, tiles, slice.channels, w, first, to);
      }
      if (run == 1) multiply<tile_pixels(1), 1>(from, tiles, slice.channels, w, first, to);
    }
  }
}

// Results of one tile for a run of panels: A^T m A + bias, then residual and activation.
void transform_tile(const Job& job, const float* sums, const float* bias, const Output& out,
                    int row, int64_t tile) {
  const D d;
  alignas(64) float pixels[kOut * kOut * 3 * kPanel];
  for (int lane = 0; lane < row; lane += kLanes) {
    V half[kOut][kIn];
    for (int c = 0; c < kIn; ++c) {
      V column[kIn], result[kOut];
      for (int r = 0; r < kIn; ++r) {
        column[r] = hn::Load(d, sums + (r * kIn + c) * WinogradPlan::kSumPlace + lane);
      }
      transform_output(column, result);
      for (int r = 0; r < kOut; ++r) half[r][c] = result[r];
    }
    const V offset = hn::Load(d, bias + lane);
    for (int r = 0; r < kOut; ++r) {
      V result[kOut];
      transform_output(half[r], result);
      for (int c = 0; c < kOut; ++c) {
        hn::Store(hn::Add(result[c], offset), d, pixels + (r * kOut + c) * row + lane);
      }
    }
  }
  const int64_t oh = job.shape.out_h(), ow = job.shape.out_w();
  const int64_t image = tile / job.plan.tiles_x / job.plan.tiles_y;
  const int64_t oy = tile / job.plan.tiles_x % job.plan.tiles_y * kOut;
  const int64_t ox = tile % job.plan.tiles_x * kOut;
  for (int64_t r = 0; r < std::min<int64_t>(kOut, oh - oy); ++r) {
    finish(job.arguments.activation, out, pixels + r * kOut * row, row,
           (image * oh + oy + r) * ow + ox, static_cast<int>(std::min<int64_t>(kOut, ow - ox)));
  }
}

void transform_sums(const Job& job, const Slice& slice, const float* sums, int64_t first_tile,
                    int tiles) {
  const int run = run_panels(slice.panels);
  const int row = run * kPanel;
  for (int panel = 0; panel < slice.panels; panel += run) {
    const Output out = panel_output(job.shape, job.arguments, slice.first_panel + panel, run);
    alignas(64) float bias[3 * kPanel] = {};
    if (job.arguments.bias != nullptr) {
      std::copy_n(job.arguments.bias + (slice.first_panel + panel) * kPanel, out.channels, bias);
    }
    for (int tile = 0; tile < tiles; ++tile) {
      transform_tile(job, sums + sum_offset(panel) + tile * row, bias, out, row, first_tile + tile);
    }
  }
}

// One group of panels of one block of tiles.
void run_task(const Job& job, int64_t index, float* scratch) {
  const WinogradPlan& plan = job.plan;
  const int64_t group = index % plan.groups;
  const int64_t first_tile = job.band_begin + index / plan.groups * WinogradPlan::kBlockTiles;
  const int tiles =
      static_cast<int>(std::min<int64_t>(WinogradPlan::kBlockTiles, job.band_end - first_tile));
  float* weights = scratch;
  float* sums = scratch + kPlaces * WinogradPlan::kWeightPlace;
  Slice slice{group * plan.panels / plan.groups, 0, 0, 0};
  slice.panels = static_cast<int>((group + 1) * plan.panels / plan.groups - slice.first_panel);
  for (int64_t block = 0; block < plan.channel_blocks; ++block) {
    float* inputs = sums + kPlaces * WinogradPlan::kSumPlace;
    if (plan.shares_inputs) {
      inputs = job.inputs(block) + (first_tile - job.band_begin) * kBlockChannels;
    } else {
      transform_patches(job, first_tile, first_tile + tiles, block, inputs);
    }
    slice.first_channel = block * kBlockChannels;
    slice.channels =
        static_cast<int>(std::min<int64_t>(kBlockChannels, job.shape.ic - slice.first_channel));
    transform_weights(job, slice, weights);
    multiply_places(slice, inputs, plan.input_place(), tiles, weights, sums);
  }
  transform_sums(job, slice, sums, first_tile, tiles);
}

void conv2d_winograd(const Conv2dShape& shape, const Conv2dArguments& arguments, ThreadPool& pool) {
  Job job{shape, arguments, WinogradPlan(shape, pool.threads())};
  ScratchSlots slots(std::min(pool.threads(), kMaxConv2dThreads));
  const auto transform = [&job](size_t begin, size_t end) {
    for (int64_t i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); ++i) {
      const WinogradPatch patch(job.shape, job.arguments, job.plan, job.band_begin + i);
      for (int64_t block = 0; block < job.plan.channel_blocks; ++block) {
        transform_patch(job, patch, block, job.inputs(block) + i * kBlockChannels);
      }
    }
  };
  const auto run = [&job, &slots](size_t begin, size_t end) {
    const int64_t slot = slots.take();
    for (size_t i = begin; i < end; ++i) {
      run_task(job, static_cast<int64_t>(i), job.task(slot));
    }
    slots.give_back(slot);
  };
  for (; job.band_begin < job.plan.tiles; job.band_begin = job.band_end) {
    job.band_end = std::min(job.band_begin + job.plan.band_tiles, job.plan.tiles);
    const int64_t tiles = job.band_end - job.band_begin;
    const int64_t blocks = (tiles + WinogradPlan::kBlockTiles - 1) / WinogradPlan::kBlockTiles;
    if (job.plan.shares_inputs) {
      pool.parallel_for(static_cast<size_t>(tiles), 8, transform);
    }
    pool.parallel_for(static_cast<size_t>(blocks * job.plan.groups), 1, run);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(conv2d_winograd);

void conv2d_f32_winograd(const Conv2dShape& shape, const Conv2dArguments& arguments,
                         ThreadPool& pool) {
  VSEAL_DISPATCH(conv2d_winograd)(shape, arguments, pool);
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
