// Encoding pictures.
#include "media/picture_state.h"

namespace vseal::media {
namespace {

constexpr int kDefaultQuality = 92;

// TIFF's bytes compress best after a horizontal difference.
constexpr auto kTiffPredictor = VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL;

struct Encoding {
  int quality;
  VipsForeignSubsample subsample;
  bool lossless;
};

int encode(VipsImage* image, const char* path, PictureFormat format, const Encoding& e) {
  switch (format) {
    case PictureFormat::kPng:
      return vips_pngsave(image, path, nullptr);
    case PictureFormat::kJpeg:
      return vips_jpegsave(image, path, "Q", e.quality, "subsample_mode", e.subsample,
                           "optimize_coding", TRUE, nullptr);
    case PictureFormat::kWebp:
      return vips_webpsave(image, path, "Q", e.quality, "lossless", e.lossless ? TRUE : FALSE,
                           nullptr);
    case PictureFormat::kTiff:
      return vips_tiffsave(image, path, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
                           "predictor", kTiffPredictor, nullptr);
    case PictureFormat::kAvif:
      return vips_heifsave(image, path, "Q", e.quality, "compression",
                           VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "subsample_mode", e.subsample,
                           "lossless", e.lossless ? TRUE : FALSE, nullptr);
    case PictureFormat::kHeif:
      return vips_heifsave(image, path, "Q", e.quality, "compression",
                           VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "subsample_mode", e.subsample,
                           nullptr);
  }
  return -1;
}

}  // namespace

Status Picture::save(const std::string& path, PictureFormat format,
                     const SaveOptions& options) const {
  const State& s = *state_;
  if (s.image == nullptr) return internal_error("[picture] save of a copy without metadata");
  VSEAL_RETURN_IF_ERROR(start_vips_for(format));
  const std::string name = format_name(format);
  const bool deep = s.view.planes[0].depth_bits > 8;
  if (deep && (format == PictureFormat::kJpeg || format == PictureFormat::kWebp)) {
    return invalid_argument("a " + name + " holds 8 bits a sample, this picture has " +
                            std::to_string(s.view.planes[0].depth_bits) +
                            ": write a PNG, TIFF or AVIF");
  }
  if (has_alpha() && format == PictureFormat::kJpeg) {
    return invalid_argument(
        "a JPEG holds no transparency, this picture has some: write another kind");
  }
  const bool halve =
      options.chroma == Chroma::k420 || (options.chroma == Chroma::kAuto && s.probe.chroma_halved);
  const int own_quality = s.probe.jpeg_quality > 0 ? s.probe.jpeg_quality : kDefaultQuality;
  const Encoding encoding{options.quality > 0 ? options.quality : own_quality,
                          halve ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF,
                          options.lossless || s.probe.lossless_webp};
  if (encode(s.image.get(), path.c_str(), format, encoding) != 0) {
    return io_error("cannot write " + name + ": " + take_vips_error());
  }
  if (format == PictureFormat::kTiff && !s.tiff_tags.empty()) {
    return add_tiff_tags(s.tiff_tags, path);
  }
  return {};
}

}  // namespace vseal::media
