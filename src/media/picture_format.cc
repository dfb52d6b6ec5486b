// Kinds of picture files: names, and the bytes that they begin with.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "media/picture.h"

namespace vseal::media {
namespace {

struct Extension {
  const char* text;
  PictureFormat format;
};
constexpr Extension kExtensions[] = {
    {"png", PictureFormat::kPng},   {"jpg", PictureFormat::kJpeg},  {"jpeg", PictureFormat::kJpeg},
    {"jpe", PictureFormat::kJpeg},  {"webp", PictureFormat::kWebp}, {"tif", PictureFormat::kTiff},
    {"tiff", PictureFormat::kTiff}, {"avif", PictureFormat::kAvif}, {"heic", PictureFormat::kHeif},
    {"heif", PictureFormat::kHeif},
};

struct Brand {
  const char* text;
  PictureFormat format;
};
// Major brands of ISO base media files that hold one picture.
constexpr Brand kBrands[] = {
    {"avif", PictureFormat::kAvif}, {"heic", PictureFormat::kHeif}, {"heix", PictureFormat::kHeif},
    {"heim", PictureFormat::kHeif}, {"heis", PictureFormat::kHeif}, {"mif1", PictureFormat::kHeif},
};

// "mif1" is the brand of any picture in this container; the compatible brands tell AVIF apart.
std::optional<PictureFormat> sniff_brands(std::string_view head) {
  if (head.size() < 12 || head.substr(4, 4) != "ftyp") return std::nullopt;
  const std::string_view major = head.substr(8, 4);
  const auto* known =
      std::ranges::find_if(kBrands, [&](const Brand& b) { return major == b.text; });
  if (known == std::end(kBrands)) return std::nullopt;
  for (size_t at = 16; at + 4 <= head.size(); at += 4) {
    if (head.substr(at, 4) == "avif") return PictureFormat::kAvif;
  }
  return known->format;
}

std::optional<PictureFormat> sniff_head(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\x89PNG\r\n\x1a\n"sv)) return PictureFormat::kPng;
  if (head.starts_with("\xff\xd8\xff"sv)) return PictureFormat::kJpeg;
  if (head.starts_with("RIFF"sv) && head.size() >= 12 && head.substr(8, 4) == "WEBP"sv) {
    return PictureFormat::kWebp;
  }
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (head.starts_with(magic)) return PictureFormat::kTiff;
  }
  return sniff_brands(head);
}

}  // namespace

const char* format_name(PictureFormat format) {
  switch (format) {
    case PictureFormat::kPng:
      return "PNG";
    case PictureFormat::kJpeg:
      return "JPEG";
    case PictureFormat::kWebp:
      return "WebP";
    case PictureFormat::kTiff:
      return "TIFF";
    case PictureFormat::kAvif:
      return "AVIF";
    case PictureFormat::kHeif:
      return "HEIF";
  }
  return "unknown";
}

std::optional<PictureFormat> format_from_name(const std::string& path) {
  const size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] != '.') return std::nullopt;
  std::string extension = path.substr(dot + 1);
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const Extension& known : kExtensions) {
    if (extension == known.text) return known.format;
  }
  return std::nullopt;
}

Result<std::optional<PictureFormat>> sniff_picture(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return not_found(path + ": " + std::strerror(errno));
  std::array<char, 64> head{};
  const ssize_t size = ::pread(fd, head.data(), head.size(), 0);
  ::close(fd);
  if (size <= 0) return std::optional<PictureFormat>();
  return sniff_head({head.data(), static_cast<size_t>(size)});
}

}  // namespace vseal::media
