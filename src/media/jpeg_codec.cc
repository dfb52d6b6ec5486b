#include "media/jpeg_codec.h"

#include <cstddef>
#include <cstdio>
// libjpeg's header needs both of the above.
#include <jerror.h>
#include <jpeglib.h>

#include <array>

#include "media/codec_guard.h"

namespace vseal::media {
namespace {

// Real pictures have about ten; each costs a pass over the picture.
constexpr int kMostScans = 100;
constexpr size_t kOutputBytes = 64 << 10;

CodecFailure& failure_of(j_common_ptr info) {
  return *static_cast<CodecFailure*>(info->client_data);
}

void on_error(j_common_ptr info) {
  std::array<char, JMSG_LENGTH_MAX> text{};
  info->err->format_message(info, text.data());
  failure_of(info).out_of_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
  failure_of(info).give_up(text.data());
}

void on_message(j_common_ptr) {}

// libjpeg would make up an end for a file that has none.
boolean on_end_of_file(j_decompress_ptr info) {
  ERREXIT(info, JERR_INPUT_EOF);
  return FALSE;
}

void on_progress(j_common_ptr info) {
  const auto* reader = reinterpret_cast<j_decompress_ptr>(info);
  if (reader->input_scan_number > kMostScans) failure_of(info).give_up("too many scans");
}

class JpegReader {
 public:
  JpegReader() {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.output_message = on_message;
    info_.client_data = &failure_;
    progress_.progress_monitor = on_progress;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  Status open(std::span<const std::byte> file) {
    const bool done = guarded(failure_, [&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file.data()), file.size());
      info_.src->fill_input_buffer = on_end_of_file;
      jpeg_read_header(&info_, TRUE);
    });
    return done ? Status() : failure_.status(Code::kCorruptInput);
  }

  const jpeg_decompress_struct& header() const { return info_; }

  Status read(PixelBuffer& pixels) {
    const bool done = guarded(failure_, [&] {
      info_.out_color_space = pixels.bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_start_decompress(&info_);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels.row(static_cast<int>(info_.output_scanline));
        jpeg_read_scanlines(&info_, &row, 1);
      }
    });
    return done ? Status() : failure_.status(Code::kCorruptInput);
  }

 private:
  jpeg_decompress_struct info_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  CodecFailure failure_;
};

Status check_colours(const jpeg_decompress_struct& header) {
  switch (header.jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
      return {};
    case JCS_CMYK:
    case JCS_YCCK:
      return unsupported("expected grey or RGB, got cmyk with 4 channels");
    default:
      return unsupported("expected grey or RGB, got " + std::to_string(header.num_components) +
                         " channels");
  }
}

// What libjpeg fills and this writes to a file.
struct Destination {
  jpeg_destination_mgr manager = {};  // must be first: libjpeg hands out its address
  CodecFile* file = nullptr;
  std::array<std::byte, kOutputBytes> buffer = {};

  void rewind() {
    manager.next_output_byte = reinterpret_cast<JOCTET*>(buffer.data());
    manager.free_in_buffer = buffer.size();
  }
  static Destination& of(j_compress_ptr info) {
    return *reinterpret_cast<Destination*>(info->dest);
  }
};

void put(j_compress_ptr info, size_t count) {
  Destination& to = Destination::of(info);
  if (!to.file->write(std::span(to.buffer).first(count))) {
    failure_of(reinterpret_cast<j_common_ptr>(info)).give_up("");
  }
  to.rewind();
}

void on_start(j_compress_ptr info) { Destination::of(info).rewind(); }

boolean on_full(j_compress_ptr info) {
  put(info, kOutputBytes);
  return TRUE;
}

void on_end(j_compress_ptr info) {
  put(info, kOutputBytes - Destination::of(info).manager.free_in_buffer);
}

class JpegWriter {
 public:
  explicit JpegWriter(CodecFile& file) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.output_message = on_message;
    info_.client_data = &failure_;
    to_.manager = {nullptr, 0, on_start, on_full, on_end};
    to_.file = &file;
  }
  ~JpegWriter() { jpeg_destroy_compress(&info_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  Status write(const PixelBuffer& pixels, const JpegOptions& options,
               const JpegMetadata& metadata) {
    const bool done = guarded(failure_, [&] {
      jpeg_create_compress(&info_);
      info_.dest = &to_.manager;
      configure(pixels, options, metadata.density);
      jpeg_start_compress(&info_, TRUE);
      for (const FilePart& part : metadata.segments) {
        jpeg_write_marker(&info_, static_cast<int>(part.type),
                          reinterpret_cast<const JOCTET*>(part.body.data()),
                          static_cast<unsigned>(part.body.size()));
      }
      while (info_.next_scanline < info_.image_height) {
        JSAMPROW row = pixels.row(static_cast<int>(info_.next_scanline));
        jpeg_write_scanlines(&info_, &row, 1);
      }
      jpeg_finish_compress(&info_);
    });
    return done ? Status() : failure_.status(Code::kIo);
  }

 private:
  void configure(const PixelBuffer& pixels, const JpegOptions& options,
                 const JpegDensity& density) {
    info_.image_width = static_cast<JDIMENSION>(pixels.width);
    info_.image_height = static_cast<JDIMENSION>(pixels.height);
    info_.input_components = pixels.bands;
    info_.in_color_space = pixels.bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, options.quality, TRUE);
    info_.optimize_coding = TRUE;
    info_.density_unit = static_cast<UINT8>(density.unit);
    info_.X_density = static_cast<UINT16>(density.x);
    info_.Y_density = static_cast<UINT16>(density.y);
    if (options.halve_chroma) return;  // libjpeg's default
    for (int i = 0; i < info_.num_components; ++i) {
      info_.comp_info[i].h_samp_factor = 1;
      info_.comp_info[i].v_samp_factor = 1;
    }
  }

  jpeg_compress_struct info_ = {};
  jpeg_error_mgr errors_ = {};
  Destination to_;
  CodecFailure failure_;
};

}  // namespace

Result<PixelBuffer> read_jpeg(std::span<const std::byte> file, int64_t max_pixels) {
  JpegReader reader;
  VSEAL_RETURN_IF_ERROR(reader.open(file));
  const jpeg_decompress_struct& header = reader.header();
  VSEAL_RETURN_IF_ERROR(check_pixel_count(header.image_width, header.image_height, max_pixels));
  VSEAL_RETURN_IF_ERROR(check_colours(header));
  PixelBuffer pixels;
  pixels.width = static_cast<int>(header.image_width);
  pixels.height = static_cast<int>(header.image_height);
  pixels.bands = header.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
  if (!pixels.allocate()) return Status(Code::kOutOfMemory, "no memory for the pixels");
  VSEAL_RETURN_IF_ERROR(reader.read(pixels));
  return pixels;
}

Status write_jpeg(const PixelBuffer& pixels, const std::string& path, const JpegOptions& options,
                  const JpegMetadata& metadata) {
  CodecFile file(path);
  VSEAL_RETURN_IF_ERROR(file.status());
  const Status done = JpegWriter(file).write(pixels, options, metadata);
  VSEAL_RETURN_IF_ERROR(file.status());
  VSEAL_RETURN_IF_ERROR(done);
  return file.close();
}

}  // namespace vseal::media
