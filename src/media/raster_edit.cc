#include "media/raster_edit.h"

#include <cmath>
#include <cstring>
#include <string>

#include "media/vips_handles.h"

namespace vseal::media {
namespace {

struct FreeGlib {
  void operator()(void* p) const { g_free(p); }
};

// A chain of libvips operations that begins with a picture. After a failure the rest is skipped.
class Edit {
 public:
  Edit(const char* what, const Raster& in) : what_(what), status_(start_vips()) {
    if (!status_.ok()) return;
    const std::span<const uint8_t> samples = in.samples();
    image_.reset(vips_image_new_from_memory(samples.data(), samples.size(), in.width(), in.height(),
                                            3, VIPS_FORMAT_UCHAR));
    if (image_ == nullptr) {
      fail();
    } else {
      image_->Type = VIPS_INTERPRETATION_sRGB;
    }
  }
  // Takes over an image that a loader made; null when it failed.
  Edit(const char* what, VipsImage* image) : what_(what), image_(image) {
    if (image_ == nullptr) fail();
  }

  // operation(in, &out) returns 0 on success.
  template <typename Operation>
  Edit& then(const Operation& operation) {
    if (!status_.ok()) return *this;
    VipsImage* out = nullptr;
    if (operation(image_.get(), &out) != 0) {
      fail();
    } else {
      image_.reset(out);
    }
    return *this;
  }

  VipsImage* image() const { return image_.get(); }
  const Status& status() const { return status_; }

  // Runs the chain.
  Result<Raster> finish() {
    if (status_.ok() && vips_image_get_format(image_.get()) != VIPS_FORMAT_UCHAR) {
      then([](VipsImage* in, VipsImage** out) { return vips_rint(in, out, nullptr); });
      then([](VipsImage* in, VipsImage** out) { return vips_cast_uchar(in, out, nullptr); });
    }
    VSEAL_RETURN_IF_ERROR(status_);
    if (vips_image_get_bands(image_.get()) != 3) {
      return internal_error(std::string("[") + what_ + "] expected 3 channels, got " +
                            std::to_string(vips_image_get_bands(image_.get())));
    }
    Raster out(vips_image_get_width(image_.get()), vips_image_get_height(image_.get()));
    size_t bytes = 0;
    const std::unique_ptr<void, FreeGlib> memory(vips_image_write_to_memory(image_.get(), &bytes));
    if (memory == nullptr || bytes != out.samples().size()) fail();
    VSEAL_RETURN_IF_ERROR(status_);
    std::memcpy(out.samples().data(), memory.get(), bytes);
    return out;
  }

 private:
  void fail() {
    status_ = internal_error(std::string("[") + what_ + "] libvips: " + take_vips_error());
  }

  const char* what_;
  Status status_;
  VipsImagePtr image_;
};

Status check_size(const char* what, int width, int height) {
  if (width >= 1 && height >= 1 && width <= kMaxRasterSide && height <= kMaxRasterSide) return {};
  return invalid_argument(std::string("[") + what + "] size: expected 1 to " +
                          std::to_string(kMaxRasterSide) + " px a side, got " +
                          std::to_string(width) + "x" + std::to_string(height));
}

Status check_range(const char* what, const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return invalid_argument(std::string("[") + what + "] " + name + ": expected " +
                          std::to_string(low) + " to " + std::to_string(high) + ", got " +
                          std::to_string(value));
}

// Coordinates in the input for every pixel of the output: [height, width, 2].
std::vector<float> index_of(int width, int height, const Homography& map) {
  std::vector<float> index(static_cast<size_t>(width) * static_cast<size_t>(height) * 2);
  float* out = index.data();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double w = map[6] * x + map[7] * y + map[8];
      *out++ = static_cast<float>((map[0] * x + map[1] * y + map[2]) / w);
      *out++ = static_cast<float>((map[3] * x + map[4] * y + map[5]) / w);
    }
  }
  return index;
}

}  // namespace

Result<Raster> flip(const Raster& in) {
  return Edit("flip", in)
      .then([](VipsImage* i, VipsImage** o) {
        return vips_flip(i, o, VIPS_DIRECTION_HORIZONTAL, nullptr);
      })
      .finish();
}

Result<Raster> turn(const Raster& in, int quarters) {
  constexpr VipsAngle kAngles[] = {VIPS_ANGLE_D0, VIPS_ANGLE_D270, VIPS_ANGLE_D180, VIPS_ANGLE_D90};
  const VipsAngle angle = kAngles[static_cast<size_t>((quarters % 4 + 4) % 4)];
  return Edit("turn", in)
      .then([&](VipsImage* i, VipsImage** o) { return vips_rot(i, o, angle, nullptr); })
      .finish();
}

Result<Raster> resize(const Raster& in, int width, int height) {
  VSEAL_RETURN_IF_ERROR(check_size("resize", width, height));
  const double across = static_cast<double>(width) / in.width();
  const double down = static_cast<double>(height) / in.height();
  return Edit("resize", in)
      .then([&](VipsImage* i, VipsImage** o) {
        return vips_resize(i, o, across, "vscale", down, "kernel", VIPS_KERNEL_LINEAR, "gap", 0.0,
                           nullptr);
      })
      .finish();
}

Result<Raster> crop(const Raster& in, int x, int y, int width, int height) {
  VSEAL_RETURN_IF_ERROR(check_size("crop", width, height));
  return Edit("crop", in)
      .then([&](VipsImage* i, VipsImage** o) {
        return vips_extract_area(i, o, x, y, width, height, nullptr);
      })
      .finish();
}

Result<Raster> place(const Raster& in, int x, int y, int width, int height, uint8_t fill) {
  VSEAL_RETURN_IF_ERROR(check_size("place", width, height));
  std::array<double, 3> colour;
  colour.fill(fill);
  const std::unique_ptr<VipsArrayDouble, void (*)(VipsArrayDouble*)> background(
      vips_array_double_new(colour.data(), 3),
      [](VipsArrayDouble* a) { vips_area_unref(VIPS_AREA(a)); });
  return Edit("place", in)
      .then([&](VipsImage* i, VipsImage** o) {
        return vips_embed(i, o, x, y, width, height, "extend", VIPS_EXTEND_BACKGROUND, "background",
                          background.get(), nullptr);
      })
      .finish();
}

Result<Raster> warp(const Raster& in, const Homography& map) {
  VSEAL_RETURN_IF_ERROR(start_vips());
  const std::vector<float> coordinates = index_of(in.width(), in.height(), map);
  const VipsImagePtr index(
      vips_image_new_from_memory(coordinates.data(), coordinates.size() * sizeof(float), in.width(),
                                 in.height(), 2, VIPS_FORMAT_FLOAT));
  if (index == nullptr) return internal_error("[warp] libvips: " + take_vips_error());
  return Edit("warp", in)
      .then([&](VipsImage* i, VipsImage** o) { return vips_mapim(i, o, index.get(), nullptr); })
      .finish();
}

Result<Raster> mix_colours(const Raster& in, const ColorMatrix3& matrix, double offset) {
  VSEAL_RETURN_IF_ERROR(start_vips());
  const VipsImagePtr rows(vips_image_new_matrix_from_array(3, 3, matrix.data(), 9));
  if (rows == nullptr) return internal_error("[colour] libvips: " + take_vips_error());
  return Edit("colour", in)
      .then([&](VipsImage* i, VipsImage** o) { return vips_recomb(i, o, rows.get(), nullptr); })
      .then([&](VipsImage* i, VipsImage** o) { return vips_linear1(i, o, 1.0, offset, nullptr); })
      .finish();
}

Result<Raster> power(const Raster& in, double exponent) {
  VSEAL_RETURN_IF_ERROR(check_range("power", "exponent", exponent, 0.01, 100));
  return Edit("power", in)
      .then([](VipsImage* i, VipsImage** o) { return vips_linear1(i, o, 1.0 / 255, 0.0, nullptr); })
      .then([&](VipsImage* i, VipsImage** o) { return vips_pow_const1(i, o, exponent, nullptr); })
      .then([](VipsImage* i, VipsImage** o) { return vips_linear1(i, o, 255.0, 0.0, nullptr); })
      .finish();
}

Result<Raster> turn_hue(const Raster& in, double turns) {
  VSEAL_RETURN_IF_ERROR(check_range("hue", "turns", turns, -1, 1));
  Edit hsv("hue", in);
  hsv.then([](VipsImage* i, VipsImage** o) { return vips_sRGB2HSV(i, o, nullptr); });
  VSEAL_ASSIGN_OR_RETURN(Raster samples, hsv.finish());
  const int shift = static_cast<int>(std::lround(turns * 256)) & 255;
  const std::span<uint8_t> values = samples.samples();
  for (size_t i = 0; i < values.size(); i += 3) {
    values[i] = static_cast<uint8_t>(values[i] + shift);
  }
  return Edit("hue", samples)
      .then([](VipsImage* i, VipsImage** o) {
        return vips_copy(i, o, "interpretation", VIPS_INTERPRETATION_HSV, nullptr);
      })
      .then([](VipsImage* i, VipsImage** o) { return vips_HSV2sRGB(i, o, nullptr); })
      .finish();
}

Result<Raster> blur(const Raster& in, double sigma) {
  VSEAL_RETURN_IF_ERROR(check_range("blur", "sigma", sigma, 0.1, 100));
  return Edit("blur", in)
      .then([&](VipsImage* i, VipsImage** o) {
        return vips_gaussblur(i, o, sigma, "precision", VIPS_PRECISION_FLOAT, "min_ampl", 0.01,
                              nullptr);
      })
      .finish();
}

Result<Raster> median(const Raster& in, int size) {
  VSEAL_RETURN_IF_ERROR(check_range("median", "size", size, 1, 99));
  if (size % 2 == 0) {
    return invalid_argument("[median] size: expected an odd number, got " + std::to_string(size));
  }
  return Edit("median", in)
      .then([&](VipsImage* i, VipsImage** o) { return vips_median(i, o, size, nullptr); })
      .finish();
}

Result<Raster> add_noise(const Raster& in, double sigma, uint32_t seed) {
  VSEAL_RETURN_IF_ERROR(check_range("noise", "sigma", sigma, 0, 255));
  VSEAL_RETURN_IF_ERROR(start_vips());
  VipsImage* made = nullptr;
  if (vips_gaussnoise(&made, in.width() * 3, in.height(), "mean", 0.0, "sigma", sigma, "seed",
                      static_cast<int>(seed & 0x7fffffff), nullptr) != 0) {
    return internal_error("[noise] libvips: " + take_vips_error());
  }
  const VipsImagePtr noise(made);
  const std::span<const uint8_t> samples = in.samples();
  // One channel three times as wide: every sample gets noise of its own.
  VipsImagePtr wide(vips_image_new_from_memory(samples.data(), samples.size(), in.width() * 3,
                                               in.height(), 1, VIPS_FORMAT_UCHAR));
  return Edit("noise", wide.release())
      .then([&](VipsImage* i, VipsImage** o) { return vips_add(i, noise.get(), o, nullptr); })
      .then([](VipsImage* i, VipsImage** o) { return vips_bandfold(i, o, "factor", 3, nullptr); })
      .finish();
}

double mean_luma(const Raster& in) {
  std::array<uint64_t, 3> sum{};
  const std::span<const uint8_t> values = in.samples();
  for (size_t i = 0; i < values.size(); ++i) sum[i % 3] += values[i];
  const double pixels = static_cast<double>(values.size()) / 3;
  return (0.299 * static_cast<double>(sum[0]) + 0.587 * static_cast<double>(sum[1]) +
          0.114 * static_cast<double>(sum[2])) /
         pixels;
}

Result<std::vector<uint8_t>> encode(const Raster& in, PictureFormat format, int quality) {
  VSEAL_RETURN_IF_ERROR(check_range("encode", "quality", quality, 1, 100));
  VSEAL_RETURN_IF_ERROR(start_vips_for(format));
  const Edit source("encode", in);
  VSEAL_RETURN_IF_ERROR(source.status());
  void* data = nullptr;
  size_t bytes = 0;
  int failed = 0;
  if (format == PictureFormat::kJpeg) {
    failed = vips_jpegsave_buffer(source.image(), &data, &bytes, "Q", quality, "subsample_mode",
                                  VIPS_FOREIGN_SUBSAMPLE_ON, nullptr);
  } else if (format == PictureFormat::kWebp) {
    failed = vips_webpsave_buffer(source.image(), &data, &bytes, "Q", quality, nullptr);
  } else if (format == PictureFormat::kAvif) {
    failed = vips_heifsave_buffer(source.image(), &data, &bytes, "Q", quality, "compression",
                                  VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "subsample_mode",
                                  VIPS_FOREIGN_SUBSAMPLE_ON, nullptr);
  } else if (format == PictureFormat::kPng) {
    failed = vips_pngsave_buffer(source.image(), &data, &bytes, nullptr);
  } else {
    return unsupported(std::string("[encode] expected png, jpeg, webp or avif, got ") +
                       format_name(format));
  }
  if (failed != 0) return internal_error("[encode] libvips: " + take_vips_error());
  const std::unique_ptr<void, FreeGlib> owner(data);
  const auto* first = static_cast<const uint8_t*>(data);
  return std::vector<uint8_t>(first, first + bytes);
}

Result<Raster> decode(std::span<const uint8_t> file, PictureFormat format) {
  VSEAL_RETURN_IF_ERROR(start_vips_for(format));
  // libvips promises not to write to it.
  void* data = const_cast<uint8_t*>(file.data());
  VipsImage* image = nullptr;
  if (format == PictureFormat::kJpeg) {
    vips_jpegload_buffer(data, file.size(), &image, nullptr);
  } else if (format == PictureFormat::kWebp) {
    vips_webpload_buffer(data, file.size(), &image, nullptr);
  } else if (format == PictureFormat::kAvif) {
    vips_heifload_buffer(data, file.size(), &image, nullptr);
  } else if (format == PictureFormat::kPng) {
    vips_pngload_buffer(data, file.size(), &image, nullptr);
  } else {
    return unsupported(std::string("[decode] expected png, jpeg, webp or avif, got ") +
                       format_name(format));
  }
  return Edit("decode", image).finish();
}

}  // namespace vseal::media
