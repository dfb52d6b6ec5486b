#include "media/picture_probe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "media/picture_parts.h"

namespace vseal::media {
namespace {

// Bytes with every access checked; reading past the end gives 0.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> data) : data_(data) {}
  size_t size() const { return data_.size(); }
  uint32_t u8(size_t at) const { return at < data_.size() ? static_cast<uint32_t>(data_[at]) : 0; }
  uint32_t le32(size_t at) const {
    return u8(at) | u8(at + 1) << 8 | u8(at + 2) << 16 | u8(at + 3) << 24;
  }
  std::string_view tag(size_t at) const {
    if (at + 4 > data_.size()) return {};
    return {reinterpret_cast<const char*>(data_.data()) + at, 4};
  }

 private:
  std::span<const std::byte> data_;
};

// The luminance table of ITU-T T.81, annex K, in zigzag order.
constexpr std::array<int, 64> kLuminance = {
    16, 11, 12,  14,  12,  10, 16, 14,  13,  14,  18,  17,  16, 19,  24,  40,
    26, 24, 22,  22,  24,  49, 35, 37,  29,  40,  58,  51,  61, 60,  57,  51,
    56, 55, 64,  72,  92,  78, 64, 68,  87,  69,  55,  56,  80, 109, 81,  87,
    95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99};

// The quality whose scaled table lies nearest (IJG: 5000/q below 50, 200 - 2q from there on).
int nearest_quality(const std::array<int, 64>& table) {
  int best = 0;
  int64_t best_distance = INT64_MAX;
  for (int quality = 1; quality <= 100; ++quality) {
    const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    int64_t distance = 0;
    for (size_t i = 0; i < 64; ++i) {
      distance += std::abs(std::clamp((kLuminance[i] * scale + 50) / 100, 1, 255) - table[i]);
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = quality;
    }
  }
  return best;
}

// Table 0 of a DQT segment, if it is there with 8-bit entries.
int quality_of_segment(std::span<const std::byte> segment) {
  for (size_t at = 0; at + 65 <= segment.size();) {
    const uint32_t head = big_endian(segment, at, 1);
    const size_t entry_bytes = (head >> 4) != 0 ? 2 : 1;
    if (head == 0) {
      std::array<int, 64> table{};
      for (size_t i = 0; i < 64; ++i) {
        table[i] = static_cast<int>(big_endian(segment, at + 1 + i, 1));
      }
      return nearest_quality(table);
    }
    at += 1 + 64 * entry_bytes;
  }
  return 0;
}

bool is_frame_header(uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Sampling factors of the first component above those of the second, on both axes.
bool chroma_halved(std::span<const std::byte> frame_header) {
  if (big_endian(frame_header, 5, 1) < 3) return false;
  const uint32_t luma = big_endian(frame_header, 7, 1), chroma = big_endian(frame_header, 10, 1);
  return (luma >> 4) > (chroma >> 4) && (luma & 15) > (chroma & 15);
}

PictureProbe probe_jpeg(std::span<const std::byte> file) {
  constexpr uint32_t kTables = 0xDB;
  PictureProbe probe;
  for (const FilePart& part : jpeg_segments(file)) {
    if (part.type == kTables && probe.jpeg_quality == 0) {
      probe.jpeg_quality = quality_of_segment(part.body);
    }
    if (is_frame_header(part.type)) probe.chroma_halved = chroma_halved(part.body);
  }
  return probe;
}

PictureProbe probe_png(std::span<const std::byte> file) {
  PictureProbe probe;
  for (const FilePart& part : png_chunks(file)) {
    if (part.type == png_type("IDAT")) break;
    if (part.type == png_type("acTL")) probe.animated = true;
  }
  return probe;
}

PictureProbe probe_webp(const Bytes& file) {
  PictureProbe probe;
  for (uint64_t at = 12; at + 8 <= file.size();) {
    const std::string_view type = file.tag(at);
    if (type == "VP8L") probe.lossless_webp = true;
    if (type == "ANIM") probe.animated = true;
    if (type == "VP8L" || type == "VP8 ") break;
    const uint64_t length = file.le32(at + 4);
    at += 8 + length + length % 2;
  }
  return probe;
}

}  // namespace

PictureProbe probe_picture(std::span<const std::byte> file, PictureFormat format) {
  switch (format) {
    case PictureFormat::kJpeg:
      return probe_jpeg(file);
    case PictureFormat::kPng:
      return probe_png(file);
    case PictureFormat::kWebp:
      return probe_webp(Bytes(file));
    default:
      return {};
  }
}

}  // namespace vseal::media
