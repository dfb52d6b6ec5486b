// Layout of integer weights, and the padded copy of the input.
#include <cstring>
#include <string>

#include "kernels/conv2d/tile.h"
#include "kernels/int8/conv_pad.h"
#include "kernels/int8/conv_tile.h"
#include "kernels/int8/winograd.h"

namespace vseal::kernels {
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
  for (int64_t i = 0; i < width; ++i) out[border + i] = convert(row[i]);
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

Result<PackedInt8Filter> pack_conv2d_i8(const Conv2dShape& s, std::span<const int8_t> weight) {
  VSEAL_RETURN_IF_ERROR(check_conv2d(s));
  const int64_t row = int64_t{s.kw} * s.ic, filter = s.kh * row;
  if (weight.size() != static_cast<size_t>(s.oc * filter)) {
    return invalid_argument("[conv2d_i8] weight: expected " + std::to_string(s.oc * filter) +
                            " values, got " + std::to_string(weight.size()));
  }
  const int64_t panels = (int64_t{s.oc} + kInt8Panel - 1) / kInt8Panel;
  PackedInt8Filter packed;
  VSEAL_ASSIGN_OR_RETURN(packed.weights, AlignedBuffer<int8_t>::allocate(
                                             static_cast<size_t>(panels * panel_bytes(s))));
  VSEAL_ASSIGN_OR_RETURN(
      packed.sums, AlignedBuffer<int32_t>::allocate(static_cast<size_t>(panels * kInt8Panel)));
  for (int64_t o = 0; o < s.oc; ++o) {
    int8_t* panel = packed.weights.data() + o / kInt8Panel * panel_bytes(s) + o % kInt8Panel * 4;
    int32_t sum = 0;
    for (int64_t ky = 0; ky < s.kh; ++ky) {
      for (int64_t k = 0; k < row; ++k) {
        const int8_t value = weight[static_cast<size_t>(o * filter + ky * row + k)];
        panel[(ky * row_quads(s) + k / 4) * kInt8Panel * 4 + k % 4] = value;
        sum += value;
      }
    }
    packed.sums[static_cast<size_t>(o)] = sum;
  }
  packed.winograd_ends = exact_parts(s, weight);
  return packed;
}

size_t conv2d_i8_copy_floats(const Conv2dShape& s) {
  const int64_t values = s.n * padded_height(s) * padded_width(s) * s.ic;
  const int64_t floats = (2 * values + kPaddedSlack) / 4 + 1;
  return static_cast<size_t>((floats + 15) / 16 * 16);
}

size_t conv2d_i8_scratch_floats(const Conv2dShape& s, const PackedInt8Filter& packed, int threads) {
  const size_t winograd = packed.winograd_ends.empty() ? 0 : winograd_i8_scratch_floats(s, threads);
  return packed.sums.size() + conv2d_i8_copy_floats(s) + winograd;
}

void pad_input(const Conv2dShape& s, const Int8ConvArguments& a, PaddedKind kind, void* out,
               ThreadPool& pool) {
  const int64_t rows = s.n * padded_height(s), length = padded_width(s) * s.ic;
  const auto zero = static_cast<int16_t>(a.x_zero_point);
  pool.parallel_for(static_cast<size_t>(rows), 8, [&](size_t begin, size_t end) {
    for (auto r = static_cast<int64_t>(begin); r < static_cast<int64_t>(end); ++r) {
      const int64_t iy = source_row(s, r % padded_height(s));
      const int8_t* row = iy < 0 ? nullptr : a.x + (r / padded_height(s) * s.h + iy) * s.w * s.ic;
      if (kind == PaddedKind::kBytes) {
        pad_row(s, row, static_cast<uint8_t>(zero + 128), static_cast<uint8_t*>(out) + r * length,
                [](int8_t x) { return static_cast<uint8_t>(x ^ 0x80); });
      } else {
        pad_row(s, row, int16_t{0}, static_cast<int16_t*>(out) + r * length,
                [zero](int8_t x) { return static_cast<int16_t>(x - zero); });
      }
    }
  });
  // What a last quad reads beyond the end meets zero weights; it only has to be readable.
  const int64_t bytes = rows * length * (kind == PaddedKind::kBytes ? 1 : 2);
  std::memset(static_cast<std::byte*>(out) + bytes, 0, kPaddedSlack);
}

}  // namespace vseal::kernels
