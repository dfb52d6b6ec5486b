// Checks of a convolution's shape, and the layout of its weights.
#include <algorithm>
#include <string>

#include "kernels/conv2d/packed.h"
#include "kernels/conv2d/tile.h"

namespace vseal::kernels {
namespace {

constexpr int64_t kMaxElements = int64_t{1} << 40;

Status wrong(const char* what, const std::string& expected, int64_t got) {
  return invalid_argument("[conv2d] " + std::string(what) + ": expected " + expected + ", got " +
                          std::to_string(got));
}

// Product of extents that are each positive and below 2^31.
bool too_many(int64_t a, int64_t b, int64_t c, int64_t d) {
  int64_t product = a;
  for (const int64_t factor : {b, c, d}) {
    if (product > kMaxElements / factor) return true;
    product *= factor;
  }
  return product > kMaxElements;
}

Status check_extents(const Conv2dShape& s) {
  const struct {
    const char* name;
    int value;
  } extents[] = {{"n", s.n},   {"h", s.h},   {"w", s.w},   {"ic", s.ic},
                 {"oc", s.oc}, {"kh", s.kh}, {"kw", s.kw}, {"stride", s.stride}};
  for (const auto& extent : extents) {
    if (extent.value < 1) return wrong(extent.name, "at least 1", extent.value);
  }
  if (s.pad < 0 || s.pad > (1 << 20)) return wrong("pad", "0 to 2^20", s.pad);
  if (int64_t{s.kh} * s.kw > kMaxConv2dTaps) {
    return wrong("kh*kw", "at most " + std::to_string(kMaxConv2dTaps), int64_t{s.kh} * s.kw);
  }
  return {};
}

}  // namespace

Status check_conv2d(const Conv2dShape& s) {
  VSEAL_RETURN_IF_ERROR(check_extents(s));
  if (int64_t{s.h} + 2 * s.pad < s.kh) return wrong("h + 2 pad", "at least kh", s.h + 2 * s.pad);
  if (int64_t{s.w} + 2 * s.pad < s.kw) return wrong("w + 2 pad", "at least kw", s.w + 2 * s.pad);
  if (s.padding == Padding::kReflect && s.pad >= std::min(s.h, s.w)) {
    return wrong("pad", "less than h and w for reflection", s.pad);
  }
  if (too_many(s.n, s.h, s.w, s.ic) || too_many(s.oc + kPanel, s.kh, s.kw, s.ic) ||
      too_many(s.n, s.out_h(), s.out_w(), s.oc)) {
    return wrong("elements", "at most 2^40 in a tensor", kMaxElements + 1);
  }
  return {};
}

Result<AlignedBuffer<float>> pack_conv2d(const Conv2dShape& s, std::span<const float> weight) {
  VSEAL_RETURN_IF_ERROR(check_conv2d(s));
  const int64_t depth = int64_t{s.kh} * s.kw * s.ic;
  if (weight.size() != static_cast<size_t>(s.oc * depth)) {
    return wrong("weight", std::to_string(s.oc * depth) + " values",
                 static_cast<int64_t>(weight.size()));
  }
  const size_t size = static_cast<size_t>(panel_count(s) * kPanel * depth + s.ic);
  VSEAL_ASSIGN_OR_RETURN(auto packed, AlignedBuffer<float>::allocate(size));
  for (int64_t o = 0; o < s.oc; ++o) {
    const float* from = weight.data() + o * depth;
    float* to = packed.data() + o / kPanel * kPanel * depth + o % kPanel;
    for (int64_t k = 0; k < depth; ++k) to[k * kPanel] = from[k];
  }
  return packed;
}

}  // namespace vseal::kernels
