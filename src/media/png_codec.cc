#include "media/png_codec.h"

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "media/codec_guard.h"

namespace vseal::media {
namespace {

constexpr size_t kOutputBytes = 64 << 10;

void on_error(png_structp png, png_const_charp message) {
  static_cast<CodecFailure*>(png_get_error_ptr(png))->give_up(message);
}

void on_warning(png_structp, png_const_charp) {}

struct Input {
  std::span<const std::byte> left;
};

void on_read(png_structp png, png_bytep to, size_t count) {
  Input& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (count > input.left.size()) png_error(png, "unexpected end of file");
  std::memcpy(to, input.left.data(), count);
  input.left = input.left.subspan(count);
}

void on_write(png_structp png, png_bytep from, size_t count) {
  auto& file = *static_cast<CodecFile*>(png_get_io_ptr(png));
  if (!file.write(std::as_bytes(std::span(from, count)))) png_error(png, "cannot write");
}

void on_flush(png_structp) {}

class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> file) : input_{file} {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // Reads what stands before the pixels, and says how large they are.
  Status open(PixelBuffer& pixels) {
    const bool done = guarded(failure_, [&] {
      png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
      if (png_ != nullptr) info_ = png_create_info_struct(png_);
      if (info_ == nullptr) failure_.give_up_without_memory();
      png_set_read_fn(png_, &input_, on_read);
      // Only the palette, transparency and the pixels are for libpng to read.
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_read_info(png_, info_);
      png_set_expand(png_);
      if (std::endian::native == std::endian::little) png_set_swap(png_);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      pixels.width = static_cast<int>(png_get_image_width(png_, info_));
      pixels.height = static_cast<int>(png_get_image_height(png_, info_));
      pixels.bands = png_get_channels(png_, info_);
      pixels.depth_bits = png_get_bit_depth(png_, info_);
    });
    return done ? Status() : failure_.status(Code::kCorruptInput);
  }

  Status read(PixelBuffer& pixels) {
    const bool done = guarded(failure_, [&] {
      for (int pass = 0; pass < passes_; ++pass) {
        for (int y = 0; y < pixels.height; ++y) png_read_row(png_, pixels.row(y), nullptr);
      }
      png_read_end(png_, nullptr);
    });
    return done ? Status() : failure_.status(Code::kCorruptInput);
  }

 private:
  Input input_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  CodecFailure failure_;
};

// Whether a large part of the pixels equal their left neighbours, as in drawings and text and
// never in photographs (24 of them: 3 to 20 %; drawings with a mark in them: from 89 %).
bool is_drawing(const PixelBuffer& pixels) {
  constexpr int kRowStep = 4;
  constexpr double kShare = 0.4;
  const size_t pixel = pixels.row_bytes() / static_cast<size_t>(pixels.width);
  int64_t equal = 0, count = 0;
  for (int y = 0; y < pixels.height; y += kRowStep) {
    const unsigned char* row = pixels.row(y);
    for (size_t at = pixel; at < pixels.row_bytes(); at += pixel) {
      equal += std::equal(row + at, row + at + pixel, row + at - pixel) ? 1 : 0;
      ++count;
    }
  }
  return static_cast<double>(equal) > kShare * static_cast<double>(count);
}

class PngWriter {
 public:
  PngWriter() = default;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  Status write(const PixelBuffer& pixels, CodecFile& file, const PngMetadata& metadata) {
    const bool drawing = is_drawing(pixels);
    const bool done = guarded(failure_, [&] {
      png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
      if (png_ != nullptr) info_ = png_create_info_struct(png_);
      if (info_ == nullptr) failure_.give_up_without_memory();
      png_set_write_fn(png_, &file, on_write, on_flush);
      configure(pixels, drawing);
      png_write_info(png_, info_);
      if (std::endian::native == std::endian::little) png_set_swap(png_);
      for (const FilePart& part : metadata.chunks) put(part);
      for (int y = 0; y < pixels.height; ++y) png_write_row(png_, pixels.row(y));
      png_write_end(png_, nullptr);
    });
    return done ? Status() : failure_.status(Code::kIo);
  }

 private:
  // docs/performance.md has what the two kinds of settings cost and give.
  void configure(const PixelBuffer& pixels, bool drawing) {
    constexpr int kColours[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(pixels.width),
                 static_cast<png_uint_32>(pixels.height), pixels.depth_bits,
                 kColours[pixels.bands - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png_, drawing ? Z_DEFAULT_COMPRESSION : Z_BEST_SPEED);
    png_set_filter(png_, PNG_FILTER_TYPE_BASE,
                   drawing ? PNG_FILTER_NONE : PNG_FILTER_SUB | PNG_FILTER_UP);
    png_set_compression_buffer_size(png_, kOutputBytes);
  }

  void put(const FilePart& part) {
    png_byte name[5] = {};
    png_save_uint_32(name, part.type);
    png_write_chunk(png_, name, reinterpret_cast<png_const_bytep>(part.body.data()),
                    part.body.size());
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  CodecFailure failure_;
};

}  // namespace

Result<PixelBuffer> read_png(std::span<const std::byte> file, int64_t max_pixels) {
  PngReader reader(file);
  PixelBuffer pixels;
  VSEAL_RETURN_IF_ERROR(reader.open(pixels));
  VSEAL_RETURN_IF_ERROR(check_pixel_count(pixels.width, pixels.height, max_pixels));
  if (!pixels.allocate()) return Status(Code::kOutOfMemory, "no memory for the pixels");
  VSEAL_RETURN_IF_ERROR(reader.read(pixels));
  return pixels;
}

Status write_png(const PixelBuffer& pixels, const std::string& path, const PngMetadata& metadata) {
  CodecFile file(path);
  VSEAL_RETURN_IF_ERROR(file.status());
  const Status done = PngWriter().write(pixels, file, metadata);
  VSEAL_RETURN_IF_ERROR(file.status());
  VSEAL_RETURN_IF_ERROR(done);
  return file.close();
}

}  // namespace vseal::media
