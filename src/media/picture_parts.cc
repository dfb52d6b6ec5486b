#include "media/picture_parts.h"

#include <zlib.h>

#include <cstring>

namespace vseal::media {
namespace {

constexpr size_t kMostParts = 10'000;

bool is_sound(std::span<const std::byte> labelled, uint32_t expected) {
  const auto* bytes = reinterpret_cast<const Bytef*>(labelled.data());
  return ::crc32_z(::crc32_z(0, nullptr, 0), bytes, labelled.size()) == expected;
}

}  // namespace

uint32_t big_endian(std::span<const std::byte> bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = at; i < at + count; ++i) {
    value = value << 8 | (i < bytes.size() ? std::to_integer<uint32_t>(bytes[i]) : 0);
  }
  return value;
}

bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::vector<FilePart> jpeg_segments(std::span<const std::byte> file) {
  constexpr uint32_t kFill = 0xFF, kScan = 0xDA;
  std::vector<FilePart> parts;
  size_t at = 2;
  while (at + 4 <= file.size() && big_endian(file, at, 1) == kFill && parts.size() < kMostParts) {
    const uint32_t marker = big_endian(file, at + 1, 1);
    if (marker == kFill) {
      ++at;
      continue;
    }
    const size_t length = big_endian(file, at + 2, 2);
    if (length < 2 || marker == kScan || length > file.size() - at - 2) break;
    parts.push_back({marker, file.subspan(at + 4, length - 2)});
    at += 2 + length;
  }
  return parts;
}

std::vector<FilePart> png_chunks(std::span<const std::byte> file) {
  constexpr size_t kSignature = 8, kFrame = 12;
  constexpr uint32_t kPixels = png_type("IDAT");
  std::vector<FilePart> parts;
  size_t at = kSignature;
  while (at + kFrame <= file.size() && parts.size() < kMostParts) {
    const size_t length = big_endian(file, at, 4);
    const uint32_t type = big_endian(file, at + 4, 4);
    if (length > file.size() - at - kFrame) {
      if (type == kPixels) parts.push_back({type, {}});
      break;
    }
    if (type != kPixels) {
      parts.push_back(
          {type, file.subspan(at + 8, length),
           is_sound(file.subspan(at + 4, length + 4), big_endian(file, at + 8 + length, 4))});
    } else if (parts.empty() || parts.back().type != kPixels) {
      parts.push_back({type, {}});
    }
    at += kFrame + length;
  }
  return parts;
}

}  // namespace vseal::media
