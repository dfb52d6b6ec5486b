#include "payload/frame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace vseal::payload {
namespace {

constexpr uint32_t kVersion = 1;
constexpr int kVersionBits = 2;
constexpr int kTypeBits = 2;

// Part of the format: marks of a model are readable only under the table they were made with.
// A third of the bits or less carries 32-bit numbers; the last rate is the most that still bears
// the few per cent of wrong bits that a JPEG or a video codec leaves.
struct Row {
  int least_bits;
  std::array<int, 3> capacities_bytes;  // 0: no such rate
};
constexpr std::array<Row, 7> kRows = {{{64, {2, 3, 0}},
                                       {96, {2, 4, 6}},
                                       {128, {4, 6, 8}},
                                       {192, {4, 8, 12}},
                                       {256, {4, 8, 16}},
                                       {512, {4, 16, 32}},
                                       {1024, {4, 16, 64}}}};

void append(Bits& bits, uint32_t value, int width) {
  for (int j = width - 1; j >= 0; --j) bits.push_back(static_cast<uint8_t>(value >> j & 1));
}

// Takes `width` bits off the front.
uint32_t take(std::span<const uint8_t>& bits, int width) {
  uint32_t value = 0;
  for (int j = 0; j < width; ++j) value = value << 1 | bits[j];
  bits = bits.subspan(width);
  return value;
}

}  // namespace

int FrameLayout::length_bits() const {
  return std::bit_width(static_cast<unsigned>(rate.capacity_bytes - 1));
}

int FrameLayout::body_bits() const {
  return kVersionBits + kTypeBits + length_bits() + 8 * rate.capacity_bytes;
}

std::vector<FrameLayout> frame_layouts(int bits, int check_bits) {
  std::vector<FrameLayout> layouts;
  if (bits < kRows.front().least_bits || bits > kMaxCodeBits) return layouts;
  const auto row = std::find_if(kRows.rbegin(), kRows.rend(),
                                [&](const Row& r) { return r.least_bits <= bits; });
  int min_bytes = 1;
  for (const int capacity : row->capacities_bytes) {
    if (capacity == 0) continue;
    layouts.push_back({{bits, capacity, check_bits}, min_bytes});
    min_bytes = capacity + 1;
  }
  return layouts;
}

Bits write_frame(const FrameLayout& layout, const Seal& seal, const Payload& payload) {
  Bits frame;
  frame.reserve(layout.frame_bits());
  append(frame, kVersion, kVersionBits);
  append(frame, static_cast<uint32_t>(payload.type), kTypeBits);
  append(frame, static_cast<uint32_t>(payload.bytes.size() - 1), layout.length_bits());
  for (const uint8_t byte : payload.bytes) append(frame, byte, 8);
  frame.resize(layout.body_bits(), 0);
  const Bits check = seal.check(frame);
  frame.insert(frame.end(), check.begin(), check.end());
  return frame;
}

std::optional<Payload> read_frame(const FrameLayout& layout, const Seal& seal,
                                  std::span<const uint8_t> frame) {
  if (static_cast<int>(frame.size()) != layout.frame_bits()) return std::nullopt;
  const auto body = frame.first(layout.body_bits());
  if (!seal.verify(body, frame.subspan(body.size()))) return std::nullopt;

  std::span<const uint8_t> rest = body;
  if (take(rest, kVersionBits) != kVersion) return std::nullopt;
  Payload payload;
  payload.type = static_cast<Type>(take(rest, kTypeBits));
  const int length = static_cast<int>(take(rest, layout.length_bits())) + 1;
  if (length < layout.min_bytes || length > layout.rate.capacity_bytes) return std::nullopt;
  for (int i = 0; i < length; ++i) payload.bytes.push_back(static_cast<uint8_t>(take(rest, 8)));
  const bool padded = std::ranges::all_of(rest, [](uint8_t bit) { return bit == 0; });
  if (!padded || !validate(payload).ok()) return std::nullopt;
  return payload;
}

double accepted_share(const FrameLayout& layout) {
  const int capacity = layout.rate.capacity_bytes;
  double share_of_data = 0;  // over the 256^capacity contents, summed over type and length
  for (int length = layout.min_bytes; length <= capacity; ++length) {
    const double contents = std::ldexp(1.0, 8 * (length - capacity));
    int types = 2;  // hex and, at most, text
    if (length <= 8) ++types;
    if (length == 16) ++types;
    share_of_data += types * contents;
  }
  const int header_bits = kVersionBits + kTypeBits + layout.length_bits();
  return std::ldexp(share_of_data, -header_bits - layout.rate.check_bits);
}

}  // namespace vseal::payload
