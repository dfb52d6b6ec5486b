// Picture files with everything that lies beside the pixels.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/plane.h"
#include "base/status.h"

namespace vseal::media {

enum class PictureFormat { kPng, kJpeg, kWebp, kTiff, kAvif, kHeif };

const char* format_name(PictureFormat format);

// Chosen by the last extension of a name (".jpg", ".JPEG", ...), if it is one of ours.
std::optional<PictureFormat> format_from_name(const std::string& path);

// What the first bytes of a file say it is: a picture kind, or none of ours. Never by name.
// kNotFound when the file cannot be read; an empty optional when it is no such picture.
Result<std::optional<PictureFormat>> sniff_picture(const std::string& path);

enum class Chroma { kAuto, k420, k444 };  // kAuto: 4:2:0 if the input is so, else 4:4:4

struct SaveOptions {
  int quality = 0;  // JPEG, WebP, AVIF: 1..100; 0 = the input's own if it is a JPEG, else 92
  Chroma chroma = Chroma::kAuto;  // JPEG, AVIF
  bool lossless = false;          // WebP, AVIF; a lossless WebP stays so without it
};

// A decoded picture. Pixels are interleaved grey, RGB, each with or without alpha, 8 or 16 bits;
// palettes are expanded, CMYK is refused. ICC profile, EXIF, XMP, resolution and alpha are kept for
// save(); a JPEG saved as JPEG and a PNG saved as PNG keep more (picture_metadata.h). Orientation
// stays as stored: pixels are not turned. The file of a JPEG or PNG stays mapped while the picture
// lives (base/mapped_file.h). Thread-compatible.
//
// JPEG and PNG go through libjpeg-turbo and libpng; libvips is loaded for the other formats.
class Picture {
 public:
  // Reads a whole picture. Errors: kNotFound, kCorruptInput (not a picture, truncated),
  // kUnsupported (animated, CMYK, more than max_pixels), each with what was found.
  static Result<Picture> load(const std::string& path, int64_t max_pixels = 100'000'000);
  ~Picture();
  Picture(Picture&&) noexcept;
  Picture& operator=(Picture&&) noexcept;

  // The colour samples, writable in place; valid while the picture lives and does not move.
  FrameView view();
  FrameView view() const;  // for reading only
  // The pixels alone, without metadata. Empty when there is no memory for them.
  std::optional<Picture> clone_pixels() const;

  PictureFormat format() const;
  bool has_alpha() const;

  // Encodes as `format` into `path`, which is opened and truncated (AtomicFile::writable_path
  // fits); it must not be the file that the picture was read from. Errors: kInvalidArgument when
  // the format cannot hold what the picture has (alpha or 16 bits in a JPEG, 16 bits in a WebP),
  // kIo when writing fails.
  Status save(const std::string& path, PictureFormat format, const SaveOptions& options) const;

 private:
  Picture();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vseal::media
