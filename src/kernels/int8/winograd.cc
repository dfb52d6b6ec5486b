// Integer Winograd: transforms on Highway, products by the instruction set's own dot product.
//
// A task is a block of tiles. Its patches are transformed once; for each group of output channels
// and each run of input channels the weights are transformed as they are needed, out of the layout
// that the direct kernels have. Where there are fewer blocks than threads, threads share a block's
// patches and take groups; also where the patches are large.
#include "kernels/int8/winograd.h"

#include <hwy/cache_control.h>

#include <algorithm>

#include "kernels/isa.h"
#include "kernels/scratch_slots.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8/winograd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/int8/winograd_lines-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {

constexpr int kIn = kWinogradIn, kOut = kWinogradOut;

// Transforms `channels` of one patch, less `zero`, to y[place][channels]. x: the patch in the
// padded copy, whose pixels lie ic values apart and whose rows row_step.
void transform_patch(const uint8_t* x, int16_t zero, int64_t ic, int64_t row_step, int64_t channels,
                     int16_t* y) {
  const hn::CappedTag<int16_t, 32> d;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < channels; i += lanes) {
    V half[kIn][kIn];
    HWY_UNROLL(6)
    for (int c = 0; c < kIn; ++c) {
      V column[kIn], result[kIn];
      HWY_UNROLL(6)
      for (int r = 0; r < kIn; ++r) {
        const V stored = hn::PromoteTo(d, hn::LoadU(d8, x + r * row_step + c * ic + i));
        column[r] = hn::Sub(stored, hn::Set(d, zero));
      }
      input_line(column, result);
      HWY_UNROLL(6)
      for (int r = 0; r < kIn; ++r) half[r][c] = result[r];
    }
    HWY_UNROLL(6)
    for (int r = 0; r < kIn; ++r) {
      V result[kIn];
      input_line(half[r], result);
      HWY_UNROLL(6)
      for (int c = 0; c < kIn; ++c) {
        hn::StoreU(result[c], d, y + (r * kIn + c) * kWinogradInputPlace + i);
      }
    }
  }
}

#if HWY_TARGET != HWY_SCALAR
// Writes the places of 3x3 weights for lanes of [channel][2].
template <class D>
HWY_INLINE void transform_filter(D d, const hn::Vec<D> (*taps)[3], int16_t* y) {
  using V = hn::Vec<D>;
  V half[kIn][3];
  HWY_UNROLL(3)
  for (int kx = 0; kx < 3; ++kx) {
    const V column[3] = {taps[0][kx], taps[1][kx], taps[2][kx]};
    V result[kIn];
    weight_line(column, result);
    HWY_UNROLL(6)
    for (int r = 0; r < kIn; ++r) half[r][kx] = result[r];
  }
  HWY_UNROLL(6)
  for (int r = 0; r < kIn; ++r) {
    V result[kIn];
    weight_line(half[r], result);
    HWY_UNROLL(6)
    for (int c = 0; c < kIn; ++c) {
      hn::StoreU(result[c], d, y + (r * kIn + c) * kWinogradWeightPlace);
    }
  }
}

#endif

// Transforms `quads` of four input channels of a panel. weights: the packed quads of the first tap,
// [quad][16][4]; row_step and tap_step bytes from a row of taps, and from a tap, to the next.
void transform_weights(const int8_t* weights, int64_t row_step, int64_t tap_step, int64_t quads,
                       int16_t* y) {
#if HWY_TARGET == HWY_SCALAR  // which has no pairs of lanes, and no products that call for this
  static_cast<void>(weights), static_cast<void>(row_step), static_cast<void>(tap_step);
  static_cast<void>(quads), static_cast<void>(y);
#else
  const hn::CappedTag<int16_t, 32> d;
  const hn::RepartitionToWide<decltype(d)> d32;
  const hn::Repartition<int8_t, decltype(d)> d8;
  using V = hn::Vec<decltype(d)>;
  const auto bytes = static_cast<int64_t>(hn::Lanes(d8));
  for (int64_t quad = 0; quad < quads; ++quad, weights += kInt8Panel * 4) {
    for (int64_t at = 0; at < kInt8Panel * 4; at += bytes) {
      V low[3][3], high[3][3];  // channels 0 and 1, 2 and 3 of each quad
      HWY_UNROLL(3)
      for (int ky = 0; ky < 3; ++ky) {
        HWY_UNROLL(3)
        for (int kx = 0; kx < 3; ++kx) {
          const auto* from = weights + ky * row_step + kx * tap_step + at;
          const V pairs = hn::BitCast(d, hn::LoadU(d8, from));
          const V odd = hn::ShiftRight<8>(pairs), even = hn::ShiftRight<8>(hn::ShiftLeft<8>(pairs));
          low[ky][kx] = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<16>(hn::BitCast(d32, odd))), even);
          high[ky][kx] =
              hn::OddEven(odd, hn::BitCast(d, hn::ShiftRight<16>(hn::BitCast(d32, even))));
        }
      }
      int16_t* to = y + quad * 4 * kWinogradOutputs + at / 2;
      transform_filter(d, low, to);
      transform_filter(d, high, to + 2 * kWinogradOutputs);
    }
  }
#endif
}

// The sums of one tile from its places: y[pixel][kWinogradOutputs], added to what is there or not.
void transform_sums(const int32_t* sums, int panels, bool add, int32_t* y) {
  constexpr uint32_t kInverseOf9 = 954437177;
  const hn::CappedTag<int32_t, 16> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int>(hn::Lanes(d));
  const V inverse = hn::Set(d, static_cast<int32_t>(kInverseOf9));
  for (int i = 0; i < panels * kInt8Panel; i += lanes) {
    V half[kOut][kIn];
    HWY_UNROLL(6)
    for (int c = 0; c < kIn; ++c) {
      V column[kIn], result[kOut];
      HWY_UNROLL(6)
      for (int r = 0; r < kIn; ++r) {
        column[r] = hn::LoadU(d, sums + (r * kIn + c) * kWinogradSumPlace + i);
      }
      output_line(column, result);
      HWY_UNROLL(4)
      for (int r = 0; r < kOut; ++r) half[r][c] = result[r];
    }
    HWY_UNROLL(4)
    for (int r = 0; r < kOut; ++r) {
      V result[kOut];
      output_line(half[r], result);
      HWY_UNROLL(4)
      for (int c = 0; c < kOut; ++c) {
        int32_t* to = y + (r * kOut + c) * kWinogradOutputs + i;
        const V sum = hn::ShiftRight<6>(hn::Mul(result[c], inverse));
        hn::StoreU(add ? hn::Add(sum, hn::LoadU(d, to)) : sum, d, to);
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(transform_patch);
HWY_EXPORT(transform_weights);
HWY_EXPORT(transform_sums);

namespace {

constexpr int64_t kPixels = kWinogradOut * kWinogradOut;
constexpr int64_t kQuadBytes = kInt8Panel * 4;
constexpr int64_t kLeastTiles = 16;    // fewer do not pay for transforming the weights
constexpr int64_t kMostSum = 1 << 25;  // what is below is exact
constexpr int64_t kWidestInput = 255;  // x less its zero point: in all, not to either side

int64_t tiles_of(const Conv2dShape& s) {
  return int64_t{s.n} * (s.out_h() / kWinogradOut) * (s.out_w() / kWinogradOut);
}
int64_t blocks_of(const Conv2dShape& s) {
  return (tiles_of(s) + kWinogradTiles - 1) / kWinogradTiles;
}
int64_t channel_runs(const Conv2dShape& s) {
  return (s.ic + kWinogradChannels - 1) / kWinogradChannels;
}
int64_t groups_of(const Conv2dShape& s) { return (s.oc + kWinogradOutputs - 1) / kWinogradOutputs; }
int slots_of(int threads) { return std::min(threads, kMaxScratchSlots); }

// Floats of each part of the scratch, multiples of 16.
constexpr int64_t kWeightFloats = kWinogradPlaces * kWinogradWeightPlace / 2;
constexpr int64_t kSumFloats = kWinogradPlaces * kWinogradSumPlace;
constexpr int64_t kTileFloats = kWinogradTiles * kPixels * kWinogradOutputs;
constexpr int64_t kSlotFloats = kWeightFloats + kSumFloats + kTileFloats;
int64_t patch_floats(const Conv2dShape& s) {
  return channel_runs(s) * kWinogradPlaces * kWinogradInputPlace / 2;
}
// Many channels make patches of megabytes, which each thread has for itself unless they are shared.
bool shares_patches(const Conv2dShape& s, int threads) {
  constexpr int64_t kManyRuns = 4;
  return blocks_of(s) < threads || (channel_runs(s) >= kManyRuns && groups_of(s) >= threads);
}

class Runner {
 public:
  Runner(const WinogradJob& job, float* scratch, ThreadPool& pool)
      : job_(job),
        s_(job.shape),
        shared_(shares_patches(s_, pool.threads())),
        slots_(slots_of(pool.threads())),
        patches_(scratch),
        work_(scratch + patch_floats(s_) * (shared_ ? 1 : slots_of(pool.threads()))),
        pool_(pool) {}

  void run() {
    const int64_t blocks = blocks_of(s_);
    if (shared_) {
      for (int64_t block = 0; block < blocks; ++block) run_shared(block);
      return;
    }
    each(blocks, [this](int64_t block, int64_t slot) {
      int16_t* patches = reinterpret_cast<int16_t*>(patches_ + slot * patch_floats(s_));
      for (int64_t t = 0; t < tiles_in(block); ++t) transform(block, t, patches);
      for (int64_t group = 0; group < groups_of(s_); ++group)
        run_group(block, group, patches, slot);
    });
  }

 private:
  int64_t tiles_in(int64_t block) const {
    return std::min<int64_t>(kWinogradTiles, tiles_of(s_) - block * kWinogradTiles);
  }

  // Calls body(i, slot) for every i below count, each slot one at a time.
  template <typename Body>
  void each(int64_t count, const Body& body) {
    pool_.parallel_for(static_cast<size_t>(count), 1, [&](size_t begin, size_t end) {
      const int64_t slot = slots_.take();
      for (size_t i = begin; i < end; ++i) body(static_cast<int64_t>(i), slot);
      slots_.give_back(slot);
    });
  }

  void run_shared(int64_t block) {
    auto* patches = reinterpret_cast<int16_t*>(patches_);
    pool_.parallel_for(static_cast<size_t>(tiles_in(block)), 4, [&](size_t begin, size_t end) {
      for (size_t t = begin; t < end; ++t) transform(block, static_cast<int64_t>(t), patches);
    });
    each(groups_of(s_),
         [&](int64_t group, int64_t slot) { run_group(block, group, patches, slot); });
  }

  struct Place {
    int64_t image, y, x;  // of the first output
  };
  Place place(int64_t tile) const {
    const int64_t across = s_.out_w() / kWinogradOut, down = s_.out_h() / kWinogradOut;
    return {tile / across / down, tile / across % down * kWinogradOut,
            tile % across * kWinogradOut};
  }

  // Patch t of a block to [run of channels][place][tile][channel].
  void transform(int64_t block, int64_t t, int16_t* patches) const {
    const Place at = place(block * kWinogradTiles + t);
    const int64_t row_step = padded_width(s_) * s_.ic;
    const uint8_t* x =
        job_.padded + (at.image * padded_height(s_) + at.y) * row_step + at.x * s_.ic;
    for (int64_t run = 0; run < channel_runs(s_); ++run) {
      const int64_t channels = channels_of(run);
      patch_(x + run * kWinogradChannels, job_.zero, s_.ic, row_step, channels,
             patches + run * kWinogradPlaces * kWinogradInputPlace + t * channels);
    }
  }
  int64_t channels_of(int64_t run) const {
    return std::min<int64_t>(kWinogradChannels, s_.ic - run * kWinogradChannels);
  }

  // All outputs of a block's tiles for a group of channels.
  void run_group(int64_t block, int64_t group, const int16_t* patches, int64_t slot) {
    float* work = work_ + slot * kSlotFloats;
    auto* weights = reinterpret_cast<int16_t*>(work);
    auto* sums = reinterpret_cast<int32_t*>(work + kWeightFloats);
    auto* tiles = reinterpret_cast<int32_t*>(work + kWeightFloats + kSumFloats);
    const int panels = static_cast<int>(
        std::min<int64_t>(kWinogradPanels, s_.oc / kInt8Panel - group * kWinogradPanels));
    const int64_t count = tiles_in(block);
    bool first_run = true, first_part = true;
    for (int64_t run = 0; run < channel_runs(s_); ++run) {
      const Pass pass{group, run, panels, count, !first_run};
      load_weights(pass, weights);
      multiply(pass, patches + run * kWinogradPlaces * kWinogradInputPlace, weights, sums);
      first_run = false;
      const auto end = run * kWinogradChannels + channels_of(run);
      if (std::ranges::find(job_.ends, static_cast<int>(end)) == job_.ends.end()) continue;
      for (int64_t t = 0; t < count; ++t) {
        int32_t* tile = tiles + t * kPixels * kWinogradOutputs;
        sums_(sums + t * kWinogradOutputs, panels, !first_part, tile);
        if (end == s_.ic) finish(place(block * kWinogradTiles + t), group, panels, tile);
      }
      first_run = true;
      first_part = false;
    }
  }

  // Products of one run of input channels with one group of output channels.
  struct Pass {
    int64_t group, run;
    int panels;
    int64_t tiles;
    bool add;
  };

  void load_weights(const Pass& pass, int16_t* weights) const {
    for (int panel = 0; panel < pass.panels; ++panel) {
      weights_(first_quad(pass.group * kWinogradPanels + panel, pass.run, 0),
               row_quads(s_) * kQuadBytes, s_.ic / 4 * kQuadBytes, channels_of(pass.run) / 4,
               weights + panel * kInt8Panel * 2);
    }
  }

  // Of a run's packed weights for a tap.
  const int8_t* first_quad(int64_t panel, int64_t run, int64_t tap) const {
    const int64_t quads = tap / 3 * row_quads(s_) + (tap % 3 * s_.ic + run * kWinogradChannels) / 4;
    return job_.weights + panel * panel_bytes(s_) + quads * kQuadBytes;
  }

  // Asks for the share of place p in the weights of the next pass.
  void prefetch_next(const Pass& pass, int64_t p) const {
    constexpr int64_t kTaps = 9;
    const bool same = pass.run + 1 < channel_runs(s_);
    const int64_t run = same ? pass.run + 1 : 0, group = same ? pass.group : pass.group + 1;
    const int64_t panel = group * kWinogradPanels + p / kTaps / 2;
    if (panel * kInt8Panel >= s_.oc) return;
    const int64_t half = channels_of(run) / 8, begin = p / kTaps % 2 * half;
    const int8_t* quads = first_quad(panel, run, p % kTaps);
    for (int64_t i = begin; i < begin + half; ++i) hwy::Prefetch(quads + i * kQuadBytes);
  }

  void multiply(const Pass& pass, const int16_t* patches, const int16_t* weights,
                int32_t* sums) const {
    const int64_t channels = channels_of(pass.run);
    for (int64_t p = 0; p < kWinogradPlaces; ++p) {
      prefetch_next(pass, p);
      for (int64_t t = 0; t < pass.tiles; t += kWinogradProductTiles) {
        job_.multiply(
            {patches + p * kWinogradInputPlace + t * channels, weights + p * kWinogradWeightPlace,
             channels, sums + p * kWinogradSumPlace + t * kWinogradOutputs, pass.add},
            pass.panels);
      }
    }
  }

  void finish(const Place& at, int64_t group, int panels, const int32_t* sums) const {
    for (int64_t r = 0; r < kWinogradOut; ++r) {
      const int64_t pixel = (at.image * s_.out_h() + at.y + r) * s_.out_w() + at.x;
      finish_i8(job_.finish, sums + r * kWinogradOut * kWinogradOutputs, kWinogradOutputs, pixel,
                kWinogradOut, static_cast<int>(group) * kWinogradOutputs, panels * kInt8Panel);
    }
  }

  const WinogradJob& job_;
  const Conv2dShape& s_;
  const bool shared_;
  ScratchSlots slots_;
  float* patches_;
  float* work_;
  ThreadPool& pool_;
  void (*const patch_)(const uint8_t* x, int16_t zero, int64_t ic, int64_t row_step,
                       int64_t channels, int16_t* y) = VSEAL_DISPATCH(transform_patch);
  void (*const weights_)(const int8_t* weights, int64_t row_step, int64_t tap_step, int64_t quads,
                         int16_t* y) = VSEAL_DISPATCH(transform_weights);
  void (*const sums_)(const int32_t* sums, int panels, bool add,
                      int32_t* y) = VSEAL_DISPATCH(transform_sums);
};

// The larger of the sums of positive and of negative weights bounds a sum of products: inputs lie
// in a range of kWidestInput around zero.
class FilterBound {
 public:
  void add(std::span<const int8_t> weights) {
    int32_t sum = 0, magnitude = 0;
    for (const int8_t w : weights) {
      sum += w;
      magnitude += w < 0 ? -w : w;
    }
    sum_ += sum;
    magnitude_ += magnitude;
  }
  bool exact() const { return (magnitude_ + std::abs(sum_)) / 2 * kWidestInput < kMostSum; }

 private:
  int64_t sum_ = 0, magnitude_ = 0;  // positive less, and plus, negative weights' magnitudes
};

}  // namespace

std::vector<int> exact_parts(const Conv2dShape& s, std::span<const int8_t> weight) {
  const bool suits = s.kh == 3 && s.kw == 3 && s.stride == 1 && s.pad == 1 && s.ic % 32 == 0 &&
                     s.oc % kInt8Panel == 0 && s.oc >= kWinogradOutputs &&
                     s.out_h() % kWinogradOut == 0 && s.out_w() % kWinogradOut == 0 &&
                     tiles_of(s) >= kLeastTiles;
  if (!suits) return {};
  std::vector<int> ends;
  int begin = 0;
  for (int end = std::min(kWinogradChannels, s.ic);;) {
    bool exact = true;
    for (int o = 0; o < s.oc && exact; ++o) {
      FilterBound bound;
      for (int tap = 0; tap < 9; ++tap) {
        const int64_t filter = (int64_t{o} * 9 + tap) * s.ic;
        bound.add(
            weight.subspan(static_cast<size_t>(filter + begin), static_cast<size_t>(end - begin)));
      }
      exact = bound.exact();
    }
    if (exact) {
      if (end == s.ic) break;
      end = std::min(end + kWinogradChannels, s.ic);
      continue;
    }
    const int last = (end - 1) / kWinogradChannels * kWinogradChannels;
    if (last <= begin) return {};  // not even one run
    ends.push_back(last);
    begin = last;
  }
  ends.push_back(s.ic);
  return ends;
}

size_t winograd_i8_scratch_floats(const Conv2dShape& s, int threads) {
  const int64_t slots = slots_of(threads);
  const int64_t patches = shares_patches(s, threads) ? 1 : slots;
  return static_cast<size_t>(patches * patch_floats(s) + slots * kSlotFloats);
}

void winograd_i8(const WinogradJob& job, float* scratch, ThreadPool& pool) {
  Runner(job, scratch, pool).run();
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
