#include "media/picture_vips.h"

#include <cstring>

namespace vseal::media {
namespace {

// Opens with the one loader of the sniffed format: no other code of libvips sees the bytes.
int open_image(const char* path, PictureFormat format, VipsImage** image) {
  constexpr auto kAccess = VIPS_ACCESS_SEQUENTIAL;
  constexpr auto kFail = VIPS_FAIL_ON_TRUNCATED;
  switch (format) {
    case PictureFormat::kWebp:
      return vips_webpload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    case PictureFormat::kTiff:
      return vips_tiffload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    case PictureFormat::kAvif:
    case PictureFormat::kHeif:
      return vips_heifload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    default:
      return -1;
  }
}

// The header alone. libvips promises not to write to the bytes.
int open_header(std::span<const std::byte> file, PictureFormat format, VipsImage** image) {
  void* bytes = const_cast<std::byte*>(file.data());
  return format == PictureFormat::kPng ? vips_pngload_buffer(bytes, file.size(), image, nullptr)
                                       : vips_jpegload_buffer(bytes, file.size(), image, nullptr);
}

bool known_interpretation(VipsInterpretation type) {
  return type == VIPS_INTERPRETATION_B_W || type == VIPS_INTERPRETATION_GREY16 ||
         type == VIPS_INTERPRETATION_sRGB || type == VIPS_INTERPRETATION_RGB16 ||
         type == VIPS_INTERPRETATION_RGB;
}

Status check_header(VipsImage* image, int64_t max_pixels) {
  VSEAL_RETURN_IF_ERROR(
      check_pixel_count(vips_image_get_width(image), vips_image_get_height(image), max_pixels));
  if (vips_image_get_n_pages(image) > 1) {
    return unsupported("expected one picture, got an animation or " +
                       std::to_string(vips_image_get_n_pages(image)) + " pages");
  }
  const VipsInterpretation type = vips_image_get_interpretation(image);
  const int bands = vips_image_get_bands(image);
  if (!known_interpretation(type) || bands < 1 || bands > 4) {
    return unsupported(std::string("expected grey or RGB, got ") +
                       vips_enum_nick(VIPS_TYPE_INTERPRETATION, type) + " with " +
                       std::to_string(bands) + " channels");
  }
  const VipsBandFormat format = vips_image_get_format(image);
  if (format != VIPS_FORMAT_UCHAR && format != VIPS_FORMAT_USHORT) {
    return unsupported(std::string("expected 8 or 16 bits a sample, got ") +
                       vips_enum_nick(VIPS_TYPE_BAND_FORMAT, format));
  }
  return {};
}

// vips_image_map callback: copies one metadata field (core properties have no GValue of their own
// and are skipped by the typed set below).
void* copy_field(VipsImage*, const char* name, GValue* value, void* target) {
  static const char* const kCore[] = {"width",  "height",         "bands",   "format",
                                      "coding", "interpretation", "xoffset", "yoffset",
                                      "xres",   "yres",           "filename"};
  for (const char* core : kCore) {
    if (std::strcmp(name, core) == 0) return nullptr;
  }
  vips_image_set(static_cast<VipsImage*>(target), name, value);
  return nullptr;
}

// An image over `pixels` with the header and metadata of `source`; null without memory.
VipsImagePtr wrap(const PixelBuffer& pixels, VipsImage* source) {
  VipsImagePtr image(vips_image_new_from_memory(
      pixels.data.get(), pixels.size_bytes(), pixels.width, pixels.height, pixels.bands,
      pixels.depth_bits > 8 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR));
  if (image == nullptr) return nullptr;
  image->Type = source->Type;
  image->Xres = source->Xres;
  image->Yres = source->Yres;
  vips_image_map(source, copy_field, image.get());
  return image;
}

}  // namespace

Result<VipsPicture> read_with_vips(const std::string& path, PictureFormat format,
                                   int64_t max_pixels) {
  VSEAL_RETURN_IF_ERROR(start_vips_for(format));
  VipsImage* opened = nullptr;
  if (open_image(path.c_str(), format, &opened) != 0) return corrupt_input(take_vips_error());
  const VipsImagePtr source(opened);
  VSEAL_RETURN_IF_ERROR(check_header(source.get(), max_pixels));
  VipsPicture picture;
  PixelBuffer& pixels = picture.pixels;
  pixels.width = vips_image_get_width(source.get());
  pixels.height = vips_image_get_height(source.get());
  pixels.bands = vips_image_get_bands(source.get());
  pixels.depth_bits = vips_image_get_format(source.get()) == VIPS_FORMAT_USHORT ? 16 : 8;
  size_t size = 0;
  pixels.data = {vips_image_write_to_memory(source.get(), &size), FreePixels{g_free}};
  if (pixels.data == nullptr || size != pixels.size_bytes())
    return corrupt_input(take_vips_error());
  picture.image = wrap(pixels, source.get());
  if (picture.image == nullptr) return Status(Code::kOutOfMemory, take_vips_error());
  return picture;
}

Result<VipsImagePtr> image_with_header(const PixelBuffer& pixels, std::span<const std::byte> file,
                                       PictureFormat format) {
  VSEAL_RETURN_IF_ERROR(start_vips());
  VipsImage* opened = nullptr;
  if (open_header(file, format, &opened) != 0) return corrupt_input(take_vips_error());
  const VipsImagePtr header(opened);
  VipsImagePtr image = wrap(pixels, header.get());
  if (image == nullptr) return Status(Code::kOutOfMemory, take_vips_error());
  return image;
}

}  // namespace vseal::media
