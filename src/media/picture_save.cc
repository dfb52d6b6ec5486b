// Encoding pictures.
#include "media/jpeg_codec.h"
#include "media/picture_metadata.h"
#include "media/picture_state.h"
#include "media/picture_vips.h"
#include "media/png_codec.h"

namespace vseal::media {
namespace {

constexpr int kDefaultQuality = 92;

// TIFF's bytes compress best after a horizontal difference.
constexpr auto kTiffPredictor = VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL;

struct Encoding {
  int quality;
  bool halve_chroma;
  bool lossless;
};

int encode(VipsImage* image, const char* path, PictureFormat format, const Encoding& e) {
  const auto subsample = e.halve_chroma ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF;
  switch (format) {
    case PictureFormat::kPng:
      return vips_pngsave(image, path, nullptr);
    case PictureFormat::kJpeg:
      return vips_jpegsave(image, path, "Q", e.quality, "subsample_mode", subsample,
                           "optimize_coding", TRUE, nullptr);
    case PictureFormat::kWebp:
      return vips_webpsave(image, path, "Q", e.quality, "lossless", e.lossless ? TRUE : FALSE,
                           nullptr);
    case PictureFormat::kTiff:
      return vips_tiffsave(image, path, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
                           "predictor", kTiffPredictor, nullptr);
    case PictureFormat::kAvif:
      return vips_heifsave(image, path, "Q", e.quality, "compression",
                           VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "subsample_mode", subsample,
                           "lossless", e.lossless ? TRUE : FALSE, nullptr);
    case PictureFormat::kHeif:
      return vips_heifsave(image, path, "Q", e.quality, "compression",
                           VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "subsample_mode", subsample,
                           nullptr);
  }
  return -1;
}

// What `format` cannot hold of the picture.
Status check_holds(PictureFormat format, int depth_bits, bool has_alpha) {
  const bool narrow = format == PictureFormat::kJpeg || format == PictureFormat::kWebp;
  if (narrow && depth_bits > 8) {
    return invalid_argument(std::string("a ") + format_name(format) +
                            " holds 8 bits a sample, this picture has " +
                            std::to_string(depth_bits) + ": write a PNG, TIFF or AVIF");
  }
  if (has_alpha && format == PictureFormat::kJpeg) {
    return invalid_argument(
        "a JPEG holds no transparency, this picture has some: write another kind");
  }
  return {};
}

Status encode_with_vips(VipsImage* image, const std::string& path, PictureFormat format,
                        const Encoding& encoding) {
  VSEAL_RETURN_IF_ERROR(start_vips_for(format));
  if (encode(image, path.c_str(), format, encoding) == 0) return {};
  return io_error(take_vips_error());
}

}  // namespace

Status Picture::save(const std::string& path, PictureFormat format,
                     const SaveOptions& options) const {
  const State& s = *state_;
  if (s.image == nullptr && s.file.bytes().empty()) {
    return internal_error("[picture] save of a copy without metadata");
  }
  VSEAL_RETURN_IF_ERROR(check_holds(format, s.pixels.depth_bits, has_alpha()));
  const bool halve =
      options.chroma == Chroma::k420 || (options.chroma == Chroma::kAuto && s.probe.chroma_halved);
  const int own_quality = s.probe.jpeg_quality > 0 ? s.probe.jpeg_quality : kDefaultQuality;
  const Encoding encoding{options.quality > 0 ? options.quality : own_quality, halve,
                          options.lossless || s.probe.lossless_webp};
  const std::string context = std::string("cannot write ") + format_name(format);
  if (s.image != nullptr) {
    VSEAL_RETURN_IF_ERROR(
        encode_with_vips(s.image.get(), path, format, encoding).with_context(context));
    const bool more = format == PictureFormat::kTiff && !s.tiff_tags.empty();
    return more ? add_tiff_tags(s.tiff_tags, path) : Status();
  }
  const std::span<const std::byte> file = s.file.bytes();
  if (format == PictureFormat::kJpeg) {
    return write_jpeg(s.pixels, path, {encoding.quality, halve}, metadata_for_jpeg(file, s.format))
        .with_context(context);
  }
  if (format == PictureFormat::kPng) {
    return write_png(s.pixels, path, metadata_for_png(file, s.format)).with_context(context);
  }
  VSEAL_ASSIGN_OR_RETURN(const VipsImagePtr image, image_with_header(s.pixels, file, s.format));
  return encode_with_vips(image.get(), path, format, encoding).with_context(context);
}

}  // namespace vseal::media
