#include "image/sample_rows.h"

#include <algorithm>
#include <cstdint>
#include <string>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/sample_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "image/color.h"
#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr float kRed = 0.299f, kGreen = 0.587f, kBlue = 0.114f;

using Floats = hn::ScalableTag<float>;
template <typename T>
using Samples = hn::Rebind<T, Floats>;

template <typename T>
HWY_INLINE hn::Vec<Floats> widen(hn::Vec<Samples<T>> samples) {
  return hn::ConvertTo(Floats(), hn::PromoteTo(hn::RebindToSigned<Floats>(), samples));
}

// sample + delta, rounded and clamped to 0..max. Clamped first: any float then fits an integer.
template <typename T>
HWY_INLINE hn::Vec<Samples<T>> moved(hn::Vec<Samples<T>> samples, hn::Vec<Floats> delta,
                                     float max) {
  const Floats d;
  const auto sum = hn::Add(widen<T>(samples), delta);
  const auto clamped = hn::Min(hn::Max(sum, hn::Zero(d)), hn::Set(d, max));
  return hn::DemoteTo(Samples<T>(), hn::NearestInt(clamped));
}

template <typename T>
T moved_one(T sample, float delta, float max) {
  const float sum = std::clamp(static_cast<float>(sample) + delta, 0.0f, max);
  return static_cast<T>(__builtin_nearbyintf(sum));
}

// The samples of a row that make up luma: one, or three with their weights.
template <typename T>
struct Channels {
  T* data[3];
  int count;
  int step;
};

template <typename T>
Channels<T> channels_of(const FrameView& frame, int y) {
  Channels<T> c{};
  c.count = frame.model == ColorModel::kRgb ? 3 : 1;
  c.step = frame.planes[0].step;
  for (int i = 0; i < c.count; ++i) c.data[i] = frame.planes[static_cast<size_t>(i)].row<T>(y);
  return c;
}

template <typename T>
float luma_one(const Channels<T>& c, int x, float scale, float offset) {
  float sum = static_cast<float>(c.data[0][x * c.step]);
  if (c.count == 3) {
    sum = sum * kRed + static_cast<float>(c.data[1][x * c.step]) * kGreen +
          static_cast<float>(c.data[2][x * c.step]) * kBlue;
  }
  return sum * scale + offset;
}

// Multiplications are rounded on their own, here and below: the same bits with and without fused
// ones, and in the loops that take single samples.
template <typename T>
HWY_INLINE hn::Vec<Floats> mix(hn::Vec<Samples<T>> r, hn::Vec<Samples<T>> g,
                               hn::Vec<Samples<T>> b) {
  const Floats d;
  const auto red = hn::Mul(widen<T>(r), hn::Set(d, kRed));
  const auto warm = hn::Add(red, hn::Mul(widen<T>(g), hn::Set(d, kGreen)));
  return hn::Add(warm, hn::Mul(widen<T>(b), hn::Set(d, kBlue)));
}

// One vector of luma sums at pixel x.
template <typename T>
HWY_INLINE hn::Vec<Floats> luma_vector(const Channels<T>& c, int x) {
  const Samples<T> ds;
  hn::Vec<Samples<T>> r, g, b, a;
  if (c.step == 3) {
    hn::LoadInterleaved3(ds, c.data[0] + 3 * x, r, g, b);
  } else if (c.step == 4) {
    hn::LoadInterleaved4(ds, c.data[0] + 4 * x, r, g, b, a);
  } else if (c.count == 1) {
    return widen<T>(hn::LoadU(ds, c.data[0] + x));
  } else {
    r = hn::LoadU(ds, c.data[0] + x);
    g = hn::LoadU(ds, c.data[1] + x);
    b = hn::LoadU(ds, c.data[2] + x);
  }
  return c.count == 1 ? widen<T>(r) : mix<T>(r, g, b);
}

// Layouts that luma_vector and add_vector know; others go sample by sample.
template <typename T>
bool vectorizable(const Channels<T>& c) {
  if (c.count == 1 || c.step == 1) return c.step == 1;
  const bool packed = c.data[1] == c.data[0] + 1 && c.data[2] == c.data[0] + 2;
  return packed && (c.step == 3 || c.step == 4);
}

// Pixels of a row that vectors may load. One channel of several stands up to step - 1 samples
// behind the start of its pixel, and a load must not reach past the row.
template <typename T>
int loadable(const Channels<T>& c, int width) {
  if (c.count == 1 && (c.step == 3 || c.step == 4)) return width - 1;
  return vectorizable(c) ? width : 0;
}

template <typename T>
void load_row(const Channels<T>& c, int width, float scale, float offset, float* out) {
  const Floats d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int x = 0;
  for (const int end = loadable(c, width); x + lanes <= end; x += lanes) {
    const auto luma = luma_vector<T>(c, x);
    hn::StoreU(hn::Add(hn::Mul(luma, hn::Set(d, scale)), hn::Set(d, offset)), d, out + x);
  }
  for (; x < width; ++x) out[x] = luma_one(c, x, scale, offset);
}

// out[x .. x + Vectors * lanes) of mix_rows, whose sums stay in registers.
template <int Vectors, typename T>
HWY_INLINE void mix_vectors(const FrameView& frame, int first, std::span<const float> weights,
                            int x, float* out) {
  const Floats d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  hn::Vec<Floats> sums[Vectors];
  HWY_UNROLL(4)
  for (auto& sum : sums) sum = hn::Zero(d);
  int y = first;
  for (const float weight : weights) {
    const Channels<T> c = channels_of<T>(frame, y++);
    HWY_UNROLL(4)
    for (int i = 0; i < Vectors; ++i) {
      const auto luma = luma_vector<T>(c, x + i * lanes);
      sums[i] = hn::Add(sums[i], hn::Mul(luma, hn::Set(d, weight)));
    }
  }
  HWY_UNROLL(4)
  for (int i = 0; i < Vectors; ++i) hn::StoreU(sums[i], d, out + x + i * lanes);
}

template <typename T>
void mix_rows(const FrameView& frame, int first, std::span<const float> weights, float* out) {
  constexpr int kVectors = 4;
  const int lanes = static_cast<int>(hn::Lanes(Floats()));
  const int width = frame.width(), end = loadable(channels_of<T>(frame, first), width);
  int x = 0;
  for (; x + kVectors * lanes <= end; x += kVectors * lanes) {
    mix_vectors<kVectors, T>(frame, first, weights, x, out);
  }
  for (; x + lanes <= end; x += lanes) mix_vectors<1, T>(frame, first, weights, x, out);
  for (; x < width; ++x) {
    float sum = 0;
    int y = first;
    for (const float weight : weights) {
      sum += luma_one(channels_of<T>(frame, y++), x, 1.0f, 0.0f) * weight;
    }
    out[x] = sum;
  }
}

// What is added to each channel of a row.
using Deltas = std::array<const float*, 3>;

template <typename T>
HWY_INLINE void add_vector(const Channels<T>& c, int x, const Deltas& delta, float max) {
  const Samples<T> ds;
  const auto move = [&](hn::Vec<Samples<T>> samples, size_t i) HWY_ATTR {
    return moved<T>(samples, hn::LoadU(Floats(), delta[i] + x), max);
  };
  if (c.step == 1) {
    for (int i = 0; i < c.count; ++i) {
      T* at = c.data[i] + x;
      hn::StoreU(move(hn::LoadU(ds, at), static_cast<size_t>(i)), ds, at);
    }
    return;
  }
  hn::Vec<Samples<T>> r, g, b, a;
  if (c.step == 3) {
    hn::LoadInterleaved3(ds, c.data[0] + 3 * x, r, g, b);
    hn::StoreInterleaved3(move(r, 0), move(g, 1), move(b, 2), ds, c.data[0] + 3 * x);
  } else {
    hn::LoadInterleaved4(ds, c.data[0] + 4 * x, r, g, b, a);
    hn::StoreInterleaved4(move(r, 0), move(g, 1), move(b, 2), a, ds, c.data[0] + 4 * x);
  }
}

template <typename T>
void add_row(const Channels<T>& c, int width, const Deltas& delta, float max) {
  const int lanes = static_cast<int>(hn::Lanes(Floats()));
  int x = 0;
  if (vectorizable(c)) {
    for (; x + lanes <= width; x += lanes) add_vector<T>(c, x, delta, max);
  }
  for (; x < width; ++x) {
    for (int i = 0; i < c.count; ++i) {
      T& sample = c.data[i][x * c.step];
      sample = moved_one<T>(sample, delta[static_cast<size_t>(i)][x], max);
    }
  }
}

void load_row_of(const FrameView& frame, int y, float scale, float offset, float* out) {
  if (frame.planes[0].depth_bits > 8) {
    load_row(channels_of<uint16_t>(frame, y), frame.width(), scale, offset, out);
  } else {
    load_row(channels_of<uint8_t>(frame, y), frame.width(), scale, offset, out);
  }
}

void mix_rows_of(const FrameView& frame, int first, std::span<const float> weights, float* out) {
  if (frame.planes[0].depth_bits > 8) {
    mix_rows<uint16_t>(frame, first, weights, out);
  } else {
    mix_rows<uint8_t>(frame, first, weights, out);
  }
}

void add_row_of(const FrameView& frame, int y, const std::array<const float*, 3>& delta) {
  const float max = static_cast<float>(frame.planes[0].max_value());
  if (frame.planes[0].depth_bits > 8) {
    add_row(channels_of<uint16_t>(frame, y), frame.width(), delta, max);
  } else {
    add_row(channels_of<uint8_t>(frame, y), frame.width(), delta, max);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(load_row_of);
HWY_EXPORT(mix_rows_of);
HWY_EXPORT(add_row_of);

Status check_frame(const char* where, const FrameView& frame) {
  const std::string name = std::string("[") + where + "] ";
  const int planes = frame.model == ColorModel::kRgb ? 3 : 1;
  for (int i = 0; i < planes; ++i) {
    const PlaneView& plane = frame.planes[static_cast<size_t>(i)];
    if (plane.data == nullptr || plane.width < 1 || plane.height < 1 || plane.step < 1) {
      return invalid_argument(name + "plane " + std::to_string(i) + ": expected pixels, got " +
                              std::to_string(plane.width) + "x" + std::to_string(plane.height));
    }
    if (plane.depth_bits < 8 || plane.depth_bits > 16) {
      return invalid_argument(name + "expected 8 to 16 bits, got " +
                              std::to_string(plane.depth_bits));
    }
    if (plane.width != frame.width() || plane.height != frame.height() ||
        plane.step != frame.planes[0].step || plane.depth_bits != frame.planes[0].depth_bits) {
      return invalid_argument(name + "expected red, green and blue planes of one layout");
    }
  }
  return {};
}

Status check_chroma(const char* where, const FrameView& frame) {
  const std::string name = std::string("[") + where + "] ";
  for (int i = 1; i < 3; ++i) {
    const PlaneView& plane = frame.planes[static_cast<size_t>(i)];
    if (plane.data == nullptr || plane.step < 1 || plane.depth_bits != frame.planes[0].depth_bits ||
        plane.width != frame.planes[1].width || plane.height != frame.planes[1].height) {
      return invalid_argument(name + "expected two chroma planes of one layout and luma's depth");
    }
  }
  const ChromaSteps steps = chroma_steps(frame);
  if (steps.x > 0 && steps.y > 0) return {};
  return invalid_argument(name + "chroma: expected a sample for every 1, 2 or 4 of luma, got " +
                          std::to_string(frame.planes[1].width) + "x" +
                          std::to_string(frame.planes[1].height) + " for " +
                          std::to_string(frame.width()) + "x" + std::to_string(frame.height()));
}

ChromaSteps chroma_steps(const FrameView& frame) {
  const auto step = [](int luma, int chroma) {
    for (const int s : {1, 2, 4}) {
      if ((luma + s - 1) / s == chroma) return s;
    }
    return 0;
  };
  return {step(frame.width(), frame.planes[1].width), step(frame.height(), frame.planes[1].height)};
}

FrameView plane_as_grey(const FrameView& frame, int c) {
  FrameView grey;
  grey.planes[0] = frame.planes[static_cast<size_t>(c)];
  grey.orientation = frame.orientation;
  return grey;
}

void load_luma_row(const FrameView& frame, int y, float unit, float* out) {
  const SampleScale luma = luma_scale(frame);
  VSEAL_DISPATCH(load_row_of)(frame, y, unit / luma.scale, -luma.offset * unit / luma.scale, out);
}

void mix_luma_rows(const FrameView& frame, int first, std::span<const float> weights, float* out) {
  VSEAL_DISPATCH(mix_rows_of)(frame, first, weights, out);
}

void add_to_row(const FrameView& frame, int y, const std::array<const float*, 3>& delta) {
  VSEAL_DISPATCH(add_row_of)(frame, y, delta);
}

}  // namespace vseal::image
#endif  // HWY_ONCE
