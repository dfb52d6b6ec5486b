#include "media/picture.h"

#include <cstring>

#include "base/mapped_file.h"
#include "media/picture_state.h"

namespace vseal::media {
namespace {

// Opens with the one loader of the sniffed format: no other code of libvips sees the bytes.
int open_image(const char* path, PictureFormat format, VipsImage** image) {
  constexpr auto kAccess = VIPS_ACCESS_SEQUENTIAL;
  constexpr auto kFail = VIPS_FAIL_ON_TRUNCATED;
  switch (format) {
    case PictureFormat::kPng:
      return vips_pngload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    case PictureFormat::kJpeg:
      return vips_jpegload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    case PictureFormat::kWebp:
      return vips_webpload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    case PictureFormat::kTiff:
      return vips_tiffload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
    case PictureFormat::kAvif:
    case PictureFormat::kHeif:
      return vips_heifload(path, image, "access", kAccess, "fail_on", kFail, nullptr);
  }
  return -1;
}

bool known_interpretation(VipsInterpretation type) {
  return type == VIPS_INTERPRETATION_B_W || type == VIPS_INTERPRETATION_GREY16 ||
         type == VIPS_INTERPRETATION_sRGB || type == VIPS_INTERPRETATION_RGB16 ||
         type == VIPS_INTERPRETATION_RGB;
}

Status check_header(VipsImage* image, int64_t max_pixels) {
  const int64_t pixels = int64_t{vips_image_get_width(image)} * vips_image_get_height(image);
  if (pixels > max_pixels) {
    return unsupported("expected at most " + std::to_string(max_pixels) + " pixels, got " +
                       std::to_string(pixels));
  }
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

FrameView make_view(void* pixels, VipsImage* image) {
  FrameView view;
  const int bands = vips_image_get_bands(image);
  const bool colour = bands >= 3;
  const int depth = vips_image_get_format(image) == VIPS_FORMAT_USHORT ? 16 : 8;
  view.plane_count = colour ? 3 : 1;
  view.model = colour ? ColorModel::kRgb : ColorModel::kGrey;
  view.orientation = static_cast<Orientation>(vips_image_get_orientation(image));
  for (int i = 0; i < view.plane_count; ++i) {
    PlaneView& plane = view.planes[static_cast<size_t>(i)];
    plane.data = static_cast<std::byte*>(pixels) + i * (depth / 8);
    plane.width = vips_image_get_width(image);
    plane.height = vips_image_get_height(image);
    plane.step = bands;
    plane.stride = static_cast<ptrdiff_t>(plane.width) * bands;
    plane.depth_bits = depth;
  }
  return view;
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

// An image over `pixels` with the header and metadata of `source`.
VipsImagePtr wrap(void* pixels, size_t size, VipsImage* source) {
  VipsImagePtr image(vips_image_new_from_memory(
      pixels, size, vips_image_get_width(source), vips_image_get_height(source),
      vips_image_get_bands(source), vips_image_get_format(source)));
  if (image == nullptr) return nullptr;
  image->Type = source->Type;
  image->Xres = source->Xres;
  image->Yres = source->Yres;
  vips_image_map(source, copy_field, image.get());
  return image;
}

}  // namespace

Picture::Picture() : state_(std::make_unique<State>()) {}
Picture::~Picture() = default;
Picture::Picture(Picture&&) noexcept = default;
Picture& Picture::operator=(Picture&&) noexcept = default;

Result<Picture> Picture::load(const std::string& path, int64_t max_pixels) {
  VSEAL_ASSIGN_OR_RETURN(const auto format, sniff_picture(path));
  if (!format.has_value()) return corrupt_input(path + ": not a picture that vseal can read");
  VSEAL_RETURN_IF_ERROR(start_vips_for(*format));
  Picture picture;
  State& s = *picture.state_;
  s.format = *format;
  {
    VSEAL_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
    s.probe = probe_picture(file.bytes(), *format);
    if (*format == PictureFormat::kTiff) s.tiff_tags = read_tiff_tags(file.bytes());
  }
  if (s.probe.animated) return unsupported(path + ": expected one picture, got an animation");
  VipsImage* opened = nullptr;
  if (open_image(path.c_str(), *format, &opened) != 0) {
    return corrupt_input(path + ": " + take_vips_error());
  }
  const VipsImagePtr image(opened);
  VSEAL_RETURN_IF_ERROR(check_header(image.get(), max_pixels).with_context(path));
  s.pixels.reset(vips_image_write_to_memory(image.get(), &s.size_bytes));
  if (s.pixels == nullptr) return corrupt_input(path + ": " + take_vips_error());
  s.image = wrap(s.pixels.get(), s.size_bytes, image.get());
  if (s.image == nullptr) return Status(Code::kOutOfMemory, path + ": " + take_vips_error());
  s.view = make_view(s.pixels.get(), s.image.get());
  s.bands = vips_image_get_bands(s.image.get());
  return picture;
}

FrameView Picture::view() { return state_->view; }
FrameView Picture::view() const { return state_->view; }

std::optional<Picture> Picture::clone_pixels() const {
  Picture copy;
  State& s = *copy.state_;
  s.pixels.reset(g_try_malloc(state_->size_bytes));
  if (s.pixels == nullptr) return std::nullopt;
  std::memcpy(s.pixels.get(), state_->pixels.get(), state_->size_bytes);
  s.size_bytes = state_->size_bytes;
  s.format = state_->format;
  s.bands = state_->bands;
  s.view = state_->view;
  for (int i = 0; i < s.view.plane_count; ++i) {
    PlaneView& plane = s.view.planes[static_cast<size_t>(i)];
    plane.data = static_cast<std::byte*>(s.pixels.get()) + i * plane.bytes_per_sample();
  }
  return copy;
}

PictureFormat Picture::format() const { return state_->format; }
bool Picture::has_alpha() const { return state_->bands == 2 || state_->bands == 4; }

}  // namespace vseal::media
