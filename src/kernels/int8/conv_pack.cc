// Layout of integer weights, and how much memory convolutions take.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "kernels/int8/conv_pad.h"
#include "kernels/int8/conv_tile.h"
#include "kernels/int8/winograd.h"

namespace vseal::kernels {

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
    const int8_t* from = weight.data() + o * filter;
    packed.sums[static_cast<size_t>(o)] = std::accumulate(from, from + filter, int32_t{0});
    for (int64_t ky = 0; ky < s.kh; ++ky, from += row) {
      int8_t* quad = panel + ky * row_quads(s) * kInt8Panel * 4;
      int64_t k = 0;
      for (; k + 4 <= row; k += 4, quad += kInt8Panel * 4) std::memcpy(quad, from + k, 4);
      std::copy(from + k, from + row, quad);
    }
  }
  packed.winograd_ends = exact_parts(s, weight);
  return packed;
}

size_t conv2d_i8_copy_floats(const Conv2dShape& s, PaddedKind kind) {
  const int64_t values = s.n * padded_height(s) * padded_width(s) * s.ic;
  const int64_t bytes = values * value_bytes(kind);
  const int64_t floats = (bytes + kPaddedSlack) / 4 + 1;
  return static_cast<size_t>((floats + 15) / 16 * 16);
}

size_t conv2d_i8_scratch_floats(const Conv2dShape& s, const PackedInt8Filter& packed, int threads) {
  // Enough for every instruction set: some have no use for Winograd's method and read words.
  size_t floats = conv2d_i8_copy_floats(s, PaddedKind::kWords);
  if (!packed.winograd_ends.empty()) {
    floats = std::max(floats, conv2d_i8_copy_floats(s, PaddedKind::kBytes) +
                                  winograd_i8_scratch_floats(s, threads));
  }
  return packed.sums.size() + floats;
}

}  // namespace vseal::kernels
