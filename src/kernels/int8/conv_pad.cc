// The padded copy of an integer convolution's input.
#include "kernels/int8/conv_pad.h"

#include <algorithm>
#include <cstring>

#include "kernels/conv2d/tile.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8/conv_pad.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// x + 128 as u8.
void to_bytes(const int8_t* x, int64_t count, uint8_t* y) {
  const hn::ScalableTag<uint8_t> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = reinterpret_cast<const uint8_t*>(x);
  const auto sign = hn::Set(d, uint8_t{0x80});
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::Xor(hn::LoadU(d, from + i), sign), d, y + i);
  for (; i < count; ++i) y[i] = static_cast<uint8_t>(x[i] ^ 0x80);
}

// x - zero as i16.
void to_words(const int8_t* x, int64_t count, int16_t zero, int16_t* y) {
  const hn::ScalableTag<int16_t> d;
  const hn::Rebind<int8_t, decltype(d)> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Sub(hn::PromoteTo(d, hn::LoadU(d8, x + i)), hn::Set(d, zero)), d, y + i);
  }
  for (; i < count; ++i) y[i] = static_cast<int16_t>(x[i] - zero);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(to_bytes);
HWY_EXPORT(to_words);

namespace {

// Row `iy` of the padded picture as a row of the picture; -1 where it is padding.
int64_t source_row(const Conv2dShape& s, int64_t iy) {
  const int64_t row = iy - s.pad;
  if (s.padding == Padding::kReflect) return reflected(row, s.h);
  return row >= 0 && row < s.h ? row : -1;
}

template <typename T, typename Convert>
void pad_row(const Conv2dShape& s, const int8_t* row, T padding, T* out, const Convert& convert) {
  const int64_t border = int64_t{s.pad} * s.ic, width = int64_t{s.w} * s.ic;
  if (row == nullptr) {
    std::fill_n(out, padded_width(s) * s.ic, padding);
    return;
  }
  convert(row, width, out + border);
  T* right = out + border + width;
  if (s.padding == Padding::kZero) {
    std::fill_n(out, border, padding);
    std::fill_n(right, border, padding);
    return;
  }
  for (int64_t p = 1; p <= s.pad; ++p) {
    std::copy_n(out + border + p * s.ic, s.ic, out + border - p * s.ic);
    std::copy_n(right - (p + 1) * s.ic, s.ic, right + (p - 1) * s.ic);
  }
}

}  // namespace

void pad_input(const Conv2dShape& s, const Int8ConvArguments& a, PaddedKind kind, void* out,
               ThreadPool& pool) {
  const int64_t rows = s.n * padded_height(s), length = padded_width(s) * s.ic;
  const auto zero = static_cast<int16_t>(a.x_zero_point);
  const int32_t padding = padded_zero(kind, a.x_zero_point);
  const auto bytes_of = VSEAL_DISPATCH(to_bytes);
  const auto words_of = [run = VSEAL_DISPATCH(to_words), zero](
                            const int8_t* x, int64_t count, int16_t* y) { run(x, count, zero, y); };
  pool.parallel_for(static_cast<size_t>(rows), 8, [&](size_t begin, size_t end) {
    for (auto r = static_cast<int64_t>(begin); r < static_cast<int64_t>(end); ++r) {
      const int64_t iy = source_row(s, r % padded_height(s));
      const int8_t* row = iy < 0 ? nullptr : a.x + (r / padded_height(s) * s.h + iy) * s.w * s.ic;
      if (kind == PaddedKind::kBytes) {
        pad_row(s, row, static_cast<uint8_t>(padding), static_cast<uint8_t*>(out) + r * length,
                bytes_of);
      } else if (kind == PaddedKind::kSigned) {
        pad_row(s, row, static_cast<int8_t>(padding), static_cast<int8_t*>(out) + r * length,
                std::copy_n<const int8_t*, int64_t, int8_t*>);
      } else {
        pad_row(s, row, int16_t{0}, static_cast<int16_t*>(out) + r * length, words_of);
      }
    }
  });
  // What a last quad reads beyond the end meets zero weights; it only has to be readable.
  const int64_t bytes = rows * length * value_bytes(kind);
  std::memset(static_cast<std::byte*>(out) + bytes, 0, kPaddedSlack);
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
