#include "media/picture.h"

#include <cstring>

#include "media/jpeg_codec.h"
#include "media/picture_state.h"
#include "media/picture_vips.h"
#include "media/png_codec.h"

namespace vseal::media {
namespace {

FrameView make_view(const PixelBuffer& pixels, Orientation orientation) {
  FrameView view;
  const bool colour = pixels.bands >= 3;
  view.plane_count = colour ? 3 : 1;
  view.model = colour ? ColorModel::kRgb : ColorModel::kGrey;
  view.orientation = orientation;
  for (int i = 0; i < view.plane_count; ++i) {
    PlaneView& plane = view.planes[static_cast<size_t>(i)];
    plane.data = static_cast<std::byte*>(pixels.data.get()) + i * (pixels.depth_bits / 8);
    plane.width = pixels.width;
    plane.height = pixels.height;
    plane.step = pixels.bands;
    plane.stride = static_cast<ptrdiff_t>(plane.width) * pixels.bands;
    plane.depth_bits = pixels.depth_bits;
  }
  return view;
}

Result<PixelBuffer> read_directly(std::span<const std::byte> file, PictureFormat format,
                                  int64_t max_pixels) {
  return format == PictureFormat::kJpeg ? read_jpeg(file, max_pixels) : read_png(file, max_pixels);
}

}  // namespace

Picture::Picture() : state_(std::make_unique<State>()) {}
Picture::~Picture() = default;
Picture::Picture(Picture&&) noexcept = default;
Picture& Picture::operator=(Picture&&) noexcept = default;

Result<Picture> Picture::load(const std::string& path, int64_t max_pixels) {
  VSEAL_ASSIGN_OR_RETURN(const auto format, sniff_picture(path));
  if (!format.has_value()) return corrupt_input(path + ": not a picture that vseal can read");
  Picture picture;
  State& s = *picture.state_;
  s.format = *format;
  VSEAL_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  s.probe = probe_picture(file.bytes(), *format);
  if (s.probe.animated) return unsupported(path + ": expected one picture, got an animation");
  if (is_direct(*format)) {
    Result<PixelBuffer> pixels = read_directly(file.bytes(), *format, max_pixels);
    if (!pixels.ok()) return pixels.status().with_context(path);
    s.pixels = std::move(*pixels);
    s.view = make_view(s.pixels, exif_orientation(file.bytes(), *format));
    s.file = std::move(file);
    return picture;
  }
  if (*format == PictureFormat::kTiff) s.tiff_tags = read_tiff_tags(file.bytes());
  file = MappedFile();
  Result<VipsPicture> read = read_with_vips(path, *format, max_pixels);
  if (!read.ok()) return read.status().with_context(path);
  s.pixels = std::move(read->pixels);
  s.image = std::move(read->image);
  s.view = make_view(s.pixels, static_cast<Orientation>(vips_image_get_orientation(s.image.get())));
  return picture;
}

FrameView Picture::view() { return state_->view; }
FrameView Picture::view() const { return state_->view; }

std::optional<Picture> Picture::clone_pixels() const {
  Picture copy;
  State& s = *copy.state_;
  const PixelBuffer& from = state_->pixels;
  s.pixels = {{}, from.width, from.height, from.bands, from.depth_bits};
  if (!s.pixels.allocate()) return std::nullopt;
  std::memcpy(s.pixels.data.get(), from.data.get(), from.size_bytes());
  s.format = state_->format;
  s.view = make_view(s.pixels, state_->view.orientation);
  return copy;
}

PictureFormat Picture::format() const { return state_->format; }
bool Picture::has_alpha() const { return state_->pixels.bands % 2 == 0; }

}  // namespace vseal::media
