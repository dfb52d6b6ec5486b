// The labelled parts that JPEG and PNG files are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace vseal::media {

// A view into the file.
struct FilePart {
  uint32_t type = 0;  // a JPEG's marker (0xE1 is APP1), or a PNG's four letters, the first highest
  std::span<const std::byte> body;
  bool sound = true;  // a PNG's check sum is right; not looked at for pixels
};

constexpr uint32_t png_type(std::string_view letters) {
  uint32_t type = 0;
  for (const char c : letters) type = type << 8 | static_cast<unsigned char>(c);
  return type;
}

// Numbers of up to four bytes, the highest first; past the end there are zeros.
uint32_t big_endian(std::span<const std::byte> bytes, size_t at, size_t count);

bool begins_with(std::span<const std::byte> bytes, std::string_view text);

std::span<const std::byte> bytes_of(std::string_view text);

// What stands before a JPEG's first scan, and all of a PNG, whose run of IDAT is one part without a
// body. Both end where the file is damaged, and after 10000 parts.
std::vector<FilePart> jpeg_segments(std::span<const std::byte> file);
std::vector<FilePart> png_chunks(std::span<const std::byte> file);

}  // namespace vseal::media
