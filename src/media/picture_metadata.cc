#include "media/picture_metadata.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "media/tiff_tags.h"

namespace vseal::media {
namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;
using OwnedBytes = std::vector<std::byte>;

constexpr uint32_t kApp0 = 0xE0, kApp1 = 0xE1, kApp2 = 0xE2, kApp11 = 0xEB, kApp14 = 0xEE,
                   kApp15 = 0xEF, kComment = 0xFE;
constexpr std::string_view kExifHead = "Exif\0\0"sv;
constexpr std::string_view kXmpHead = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr std::string_view kIccHead = "ICC_PROFILE\0"sv;
// The keyword, no compression, no language, no translated keyword.
constexpr std::string_view kPngXmpKey = "XML:com.adobe.xmp\0"sv;
constexpr size_t kMostSegmentBytes = 65533;
constexpr size_t kMostInflatedBytes = 16 << 20;
constexpr double kInch = 0.0254;

// Dots per metre; with `known` unset only their ratio means something, 0 says nothing at all.
struct Resolution {
  double x = 0;
  double y = 0;
  bool known = false;
};

// What both formats can hold.
struct Common {
  Bytes exif;
  OwnedBytes icc, xmp;
  Resolution resolution;
};

void append(OwnedBytes& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_number(OwnedBytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(value >> shift));
}

// zlib's format; empty when it is damaged or larger than any profile.
OwnedBytes inflated(Bytes deflated) {
  OwnedBytes out(std::min(std::max<size_t>(4 * deflated.size(), 4096), kMostInflatedBytes));
  for (;; out.resize(std::min(2 * out.size(), kMostInflatedBytes))) {
    uLongf size = out.size();
    const int code = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                                  reinterpret_cast<const Bytef*>(deflated.data()), deflated.size());
    if (code == Z_BUF_ERROR && out.size() < kMostInflatedBytes) continue;
    out.resize(code == Z_OK ? size : 0);
    return out;
  }
}

OwnedBytes deflated(Bytes bytes) {
  OwnedBytes out(::compressBound(bytes.size()));
  uLongf size = out.size();
  const int code = ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(code == Z_OK ? size : 0);
  return out;
}

// The body behind the first zero byte.
std::optional<Bytes> behind_zero(Bytes bytes) {
  const auto zero = std::ranges::find(bytes, std::byte{0});
  if (zero == bytes.end()) return std::nullopt;
  return bytes.subspan(static_cast<size_t>(zero - bytes.begin()) + 1);
}

Bytes without_exif_head(Bytes exif) {
  return begins_with(exif, kExifHead) ? exif.subspan(kExifHead.size()) : exif;
}

Bytes find_exif(const std::vector<FilePart>& parts, PictureFormat format) {
  for (const FilePart& part : parts) {
    if (format == PictureFormat::kJpeg && part.type == kApp1 && begins_with(part.body, kExifHead)) {
      return without_exif_head(part.body);
    }
    if (format == PictureFormat::kPng && part.type == png_type("eXIf") && part.sound) {
      return without_exif_head(part.body);
    }
  }
  return {};
}

Resolution exif_resolution(Bytes exif) {
  const ExifDisplay display = read_exif_display(exif);
  return {display.x_per_metre, display.y_per_metre,
          display.x_per_metre > 0 && display.y_per_metre > 0};
}

bool is_jfif(const FilePart& part) {
  return part.type == kApp0 && begins_with(part.body, "JFIF\0"sv) && part.body.size() >= 12;
}

std::optional<JpegDensity> jfif_density(const std::vector<FilePart>& segments) {
  const auto jfif = std::ranges::find_if(segments, is_jfif);
  if (jfif == segments.end()) return std::nullopt;
  const JpegDensity density{static_cast<int>(big_endian(jfif->body, 7, 1)),
                            static_cast<int>(big_endian(jfif->body, 8, 2)),
                            static_cast<int>(big_endian(jfif->body, 10, 2))};
  if (density.unit > 2 || density.x == 0 || density.y == 0) return std::nullopt;
  return density;
}

// A profile lies in numbered pieces.
OwnedBytes joined_icc(const std::vector<FilePart>& segments) {
  std::map<uint32_t, Bytes> pieces;
  uint32_t count = 0;
  for (const FilePart& part : segments) {
    if (part.type != kApp2 || !begins_with(part.body, kIccHead)) continue;
    const size_t head = kIccHead.size();
    pieces.emplace(big_endian(part.body, head, 1),
                   part.body.subspan(std::min(head + 2, part.body.size())));
    count = big_endian(part.body, head + 1, 1);
  }
  OwnedBytes icc;
  if (pieces.size() != count) return icc;
  for (const auto& [number, piece] : pieces) append(icc, piece);
  return icc;
}

Common common_of_jpeg(Bytes file) {
  const std::vector<FilePart> segments = jpeg_segments(file);
  Common common;
  common.exif = find_exif(segments, PictureFormat::kJpeg);
  common.icc = joined_icc(segments);
  const auto xmp = std::ranges::find_if(segments, [](const FilePart& part) {
    return part.type == kApp1 && begins_with(part.body, kXmpHead);
  });
  if (xmp != segments.end()) append(common.xmp, xmp->body.subspan(kXmpHead.size()));
  common.resolution = exif_resolution(common.exif);
  const std::optional<JpegDensity> jfif = jfif_density(segments);
  if (common.resolution.known || !jfif.has_value()) return common;
  const double per_metre = jfif->unit == 1 ? 1 / kInch : jfif->unit == 2 ? 100 : 1;
  common.resolution = {jfif->x * per_metre, jfif->y * per_metre, jfif->unit != 0};
  return common;
}

// iTXt: keyword, whether it is deflated, how, language, translated keyword, text.
OwnedBytes png_xmp(Bytes chunk) {
  if (!begins_with(chunk, kPngXmpKey) || chunk.size() < kPngXmpKey.size() + 2) return {};
  const bool is_deflated = chunk[kPngXmpKey.size()] != std::byte{0};
  std::optional<Bytes> text = behind_zero(chunk.subspan(kPngXmpKey.size() + 2));
  if (text.has_value()) text = behind_zero(*text);
  if (!text.has_value()) return {};
  return is_deflated ? inflated(*text) : OwnedBytes(text->begin(), text->end());
}

Common common_of_png(Bytes file) {
  const std::vector<FilePart> chunks = png_chunks(file);
  Common common;
  common.exif = find_exif(chunks, PictureFormat::kPng);
  common.resolution = exif_resolution(common.exif);
  for (const FilePart& part : chunks) {
    if (!part.sound) continue;
    if (part.type == png_type("iTXt") && common.xmp.empty()) common.xmp = png_xmp(part.body);
    if (part.type == png_type("pHYs") && part.body.size() == 9) {
      common.resolution = {static_cast<double>(big_endian(part.body, 0, 4)),
                           static_cast<double>(big_endian(part.body, 4, 4)),
                           big_endian(part.body, 8, 1) == 1};
    }
    const auto profile = behind_zero(part.body);
    if (part.type == png_type("iCCP") && profile.has_value() && profile->size() > 1) {
      common.icc = inflated(profile->subspan(1));
    }
  }
  return common;
}

// Descriptions of bytes that are not kept, and what the encoder writes itself.
bool is_copied_segment(const FilePart& part) {
  const bool kept = (part.type >= kApp0 && part.type <= kApp15) || part.type == kComment;
  if (!kept) return false;
  const Bytes body = part.body;
  if (part.type == kApp0) return !begins_with(body, "JFIF\0"sv) && !begins_with(body, "JFXX\0"sv);
  if (part.type == kApp2) return !begins_with(body, "MPF\0"sv);
  if (part.type == kApp11) return !begins_with(body, "JP"sv);
  return part.type != kApp14 || !begins_with(body, "Adobe"sv);
}

// Chunks that say of themselves that they stay true when pixels change, and those known to.
bool is_copied_chunk(const FilePart& part, bool same_samples) {
  constexpr uint32_t kAncillary = 0x20000000, kSafeToCopy = 0x20;
  constexpr std::string_view kKnown[] = {"cHRM", "gAMA", "iCCP", "sRGB", "cICP",
                                         "mDCV", "cLLI", "sCAL", "sTER"};
  if (!part.sound || (part.type & kAncillary) == 0) return false;
  if ((part.type & kSafeToCopy) != 0) return true;
  if (part.type == png_type("bKGD")) return same_samples;
  return std::ranges::any_of(kKnown,
                             [&](std::string_view name) { return part.type == png_type(name); });
}

// False when the decoder has expanded a palette or few bits.
bool has_same_samples(const std::vector<FilePart>& chunks) {
  constexpr uint32_t kPalette = 3;
  if (chunks.empty()) return false;
  const Bytes header = chunks.front().body;
  return big_endian(header, 8, 1) >= 8 && big_endian(header, 9, 1) != kPalette;
}

template <typename Metadata, typename Parts>
void add(Metadata& metadata, Parts& parts, uint32_t type, OwnedBytes body) {
  metadata.made.push_back(std::move(body));
  parts.push_back({type, metadata.made.back()});
}

void add_segment(JpegMetadata& metadata, uint32_t marker, std::string_view head, Bytes body) {
  if (body.empty() || head.size() + body.size() > kMostSegmentBytes) return;
  OwnedBytes bytes;
  append(bytes, bytes_of(head));
  append(bytes, body);
  add(metadata, metadata.segments, marker, std::move(bytes));
}

void add_icc_segments(JpegMetadata& metadata, Bytes icc) {
  constexpr size_t kMostPieces = 255;
  const size_t most = kMostSegmentBytes - kIccHead.size() - 2;
  const size_t pieces = (icc.size() + most - 1) / most;
  if (pieces > kMostPieces) return;
  for (size_t i = 0; i < pieces; ++i) {
    OwnedBytes bytes;
    append(bytes, bytes_of(kIccHead));
    bytes.push_back(static_cast<std::byte>(i + 1));
    bytes.push_back(static_cast<std::byte>(pieces));
    append(bytes, icc.subspan(i * most, std::min(most, icc.size() - i * most)));
    add(metadata, metadata.segments, kApp2, std::move(bytes));
  }
}

JpegDensity density_of(const Resolution& resolution) {
  constexpr double kMost = 65535;
  const double scale = resolution.known ? kInch : 1;
  const double x = std::round(resolution.x * scale), y = std::round(resolution.y * scale);
  if (x < 1 || y < 1 || x > kMost || y > kMost) return {};
  return {resolution.known ? 1 : 0, static_cast<int>(x), static_cast<int>(y)};
}

void add_resolution(PngMetadata& metadata, const Resolution& resolution) {
  constexpr double kMost = 2147483647;
  const double x = std::round(resolution.x), y = std::round(resolution.y);
  if (x < 1 || y < 1 || x > kMost || y > kMost || (!resolution.known && x == y)) return;
  OwnedBytes body;
  append_number(body, static_cast<uint32_t>(x));
  append_number(body, static_cast<uint32_t>(y));
  body.push_back(std::byte{resolution.known});
  add(metadata, metadata.chunks, png_type("pHYs"), std::move(body));
}

}  // namespace

JpegMetadata metadata_for_jpeg(Bytes file, PictureFormat format) {
  JpegMetadata metadata;
  if (format == PictureFormat::kJpeg) {
    metadata.segments = jpeg_segments(file);
    const Bytes exif = find_exif(metadata.segments, format);
    metadata.density = jfif_density(metadata.segments).value_or(density_of(exif_resolution(exif)));
    std::erase_if(metadata.segments, [](const FilePart& part) { return !is_copied_segment(part); });
    return metadata;
  }
  const Common common = common_of_png(file);
  metadata.density = density_of(common.resolution);
  add_segment(metadata, kApp1, kExifHead, common.exif);
  add_segment(metadata, kApp1, kXmpHead, common.xmp);
  add_icc_segments(metadata, common.icc);
  return metadata;
}

PngMetadata metadata_for_png(Bytes file, PictureFormat format) {
  PngMetadata metadata;
  if (format == PictureFormat::kPng) {
    metadata.chunks = png_chunks(file);
    const bool same_samples = has_same_samples(metadata.chunks);
    std::erase_if(metadata.chunks,
                  [&](const FilePart& part) { return !is_copied_chunk(part, same_samples); });
    return metadata;
  }
  const Common common = common_of_jpeg(file);
  if (const OwnedBytes icc = deflated(common.icc); !common.icc.empty() && !icc.empty()) {
    OwnedBytes body;
    append(body, bytes_of("icc\0\0"sv));
    append(body, icc);
    add(metadata, metadata.chunks, png_type("iCCP"), std::move(body));
  }
  add_resolution(metadata, common.resolution);
  if (!common.exif.empty()) metadata.chunks.push_back({png_type("eXIf"), common.exif});
  if (!common.xmp.empty()) {
    OwnedBytes body;
    append(body, bytes_of(kPngXmpKey));
    body.resize(body.size() + 4);
    append(body, common.xmp);
    add(metadata, metadata.chunks, png_type("iTXt"), std::move(body));
  }
  return metadata;
}

Orientation exif_orientation(Bytes file, PictureFormat format) {
  const auto parts = format == PictureFormat::kJpeg ? jpeg_segments(file) : png_chunks(file);
  return static_cast<Orientation>(read_exif_display(find_exif(parts, format)).orientation);
}

}  // namespace vseal::media
