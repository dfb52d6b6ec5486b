#include "media/picture_probe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace vseal::media {
namespace {

// Bytes with every access checked; reading past the end gives 0.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> data) : data_(data) {}
  size_t size() const { return data_.size(); }
  uint32_t u8(size_t at) const { return at < data_.size() ? static_cast<uint32_t>(data_[at]) : 0; }
  uint32_t be16(size_t at) const { return u8(at) << 8 | u8(at + 1); }
  uint32_t be32(size_t at) const { return be16(at) << 16 | be16(at + 2); }
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
int quality_of_segment(const Bytes& file, size_t begin, size_t end) {
  for (size_t at = begin; at + 65 <= end;) {
    const uint32_t head = file.u8(at);
    const size_t entry_bytes = (head >> 4) != 0 ? 2 : 1;
    if (head == 0) {
      std::array<int, 64> table{};
      for (size_t i = 0; i < 64; ++i) table[i] = static_cast<int>(file.u8(at + 1 + i));
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
bool chroma_halved(const Bytes& file, size_t begin) {
  if (file.u8(begin + 5) < 3) return false;
  const uint32_t luma = file.u8(begin + 7), chroma = file.u8(begin + 10);
  return (luma >> 4) > (chroma >> 4) && (luma & 15) > (chroma & 15);
}

PictureProbe probe_jpeg(const Bytes& file) {
  PictureProbe probe;
  size_t at = 2;
  while (at + 4 <= file.size() && file.u8(at) == 0xFF) {
    const uint32_t marker = file.u8(at + 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    const size_t begin = at + 4, length = file.be16(at + 2);
    if (length < 2 || marker == 0xDA) break;
    if (marker == 0xDB && probe.jpeg_quality == 0) {
      probe.jpeg_quality = quality_of_segment(file, begin, begin + length - 2);
    }
    if (is_frame_header(marker)) probe.chroma_halved = chroma_halved(file, begin);
    at += 2 + length;
  }
  return probe;
}

PictureProbe probe_png(const Bytes& file) {
  PictureProbe probe;
  for (uint64_t at = 8; at + 12 <= file.size();) {
    const std::string_view type = file.tag(at + 4);
    if (type == "acTL") probe.animated = true;
    if (type == "IDAT") break;
    at += uint64_t{12} + file.be32(at);
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
      return probe_jpeg(Bytes(file));
    case PictureFormat::kPng:
      return probe_png(Bytes(file));
    case PictureFormat::kWebp:
      return probe_webp(Bytes(file));
    default:
      return {};
  }
}

}  // namespace vseal::media
