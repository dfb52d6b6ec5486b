#include "api/convert.h"

#include <algorithm>
#include <cstring>

#include "workbench/model_store.h"

namespace vseal::api {
namespace {

// Copies as much of `text` as fits, never cutting a UTF-8 sequence in two.
void copy_text(const std::string& text, char* out, size_t capacity) {
  size_t n = std::min(text.size(), capacity - 1);
  while (n < text.size() && n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) --n;
  std::memcpy(out, text.data(), n);
  out[n] = '\0';
}

struct Subsampling {
  int log2_width;
  int log2_height;
};

Subsampling subsampling(vseal_pixel_format format) {
  return {format == VSEAL_YUV420 || format == VSEAL_YUV422 ? 1 : 0, format == VSEAL_YUV420 ? 1 : 0};
}

Status check_image(const vseal_image& image) {
  if (image.format < VSEAL_GREY || image.format > VSEAL_YUV444) {
    return invalid_argument("image.format: expected 0..5, got " + std::to_string(image.format));
  }
  if (image.width < 1 || image.height < 1) {
    return invalid_argument("image: expected at least 1x1 pixels, got " +
                            std::to_string(image.width) + "x" + std::to_string(image.height));
  }
  if (image.depth < 8 || image.depth > 16) {
    return invalid_argument("image.depth: expected 8..16, got " + std::to_string(image.depth));
  }
  if (image.orientation < 0 || image.orientation > 8) {
    return invalid_argument("image.orientation: expected 0..8, got " +
                            std::to_string(image.orientation));
  }
  if (image.matrix < VSEAL_BT601 || image.matrix > VSEAL_BT2020) {
    return invalid_argument("image.matrix: expected 0..2, got " + std::to_string(image.matrix));
  }
  return {};
}

Result<PlaneView> to_plane(const vseal_image& image, int index, int width, int height, int step) {
  PlaneView plane;
  plane.data = image.planes[index];
  plane.width = width;
  plane.height = height;
  plane.step = step;
  plane.depth_bits = image.depth;
  const ptrdiff_t sample_bytes = plane.bytes_per_sample();
  const ptrdiff_t row_bytes = static_cast<ptrdiff_t>(width) * step * sample_bytes;
  if (plane.data == nullptr || image.strides[index] % sample_bytes != 0 ||
      std::abs(image.strides[index]) < row_bytes) {
    return invalid_argument(
        "image.planes[" + std::to_string(index) + "]: expected data and a stride of at least " +
        std::to_string(row_bytes) + " bytes, got " + std::to_string(image.strides[index]));
  }
  plane.stride = image.strides[index] / sample_bytes;
  return plane;
}

}  // namespace

vseal_code to_code(Code code) {
  switch (code) {
    case Code::kOk:
      return VSEAL_OK;
    case Code::kInvalidArgument:
      return VSEAL_INVALID_ARGUMENT;
    case Code::kCorruptInput:
      return VSEAL_CORRUPT_INPUT;
    case Code::kUnsupported:
      return VSEAL_UNSUPPORTED;
    case Code::kNotFound:
      return VSEAL_NOT_FOUND;
    case Code::kCannotCreate:
      return VSEAL_CANNOT_CREATE;
    case Code::kIo:
      return VSEAL_IO;
    case Code::kOutOfMemory:
      return VSEAL_OUT_OF_MEMORY;
    case Code::kUnavailable:
      return VSEAL_UNAVAILABLE;
    case Code::kTryAgain:
      return VSEAL_TRY_AGAIN;
    case Code::kCancelled:
      return VSEAL_CANCELLED;
    case Code::kVerifyFailed:
      return VSEAL_VERIFY_FAILED;
    case Code::kInternal:
      return VSEAL_INTERNAL;
  }
  return VSEAL_INTERNAL;
}

vseal_code report_status(const Status& status, vseal_error* error) {
  const vseal_code code = to_code(status.code());
  if (error != nullptr) {
    error->code = code;
    copy_text(status.message(), error->message, sizeof(error->message));
  }
  return code;
}

Result<FrameView> to_frame(const vseal_image* image) {
  if (image == nullptr) return invalid_argument("image: expected one, got NULL");
  VSEAL_RETURN_IF_ERROR(check_image(*image));
  FrameView frame;
  frame.orientation = static_cast<Orientation>(std::max(image->orientation, 1));
  frame.matrix = static_cast<ColorMatrix>(image->matrix);
  frame.range = image->limited_range != 0 ? ColorRange::kLimited : ColorRange::kFull;
  const bool interleaved = image->format == VSEAL_RGB || image->format == VSEAL_RGBA;
  const int step = image->format == VSEAL_RGBA ? 4 : image->format == VSEAL_RGB ? 3 : 1;
  VSEAL_ASSIGN_OR_RETURN(frame.planes[0], to_plane(*image, 0, image->width, image->height, step));
  if (image->format == VSEAL_GREY) return frame;
  frame.plane_count = 3;
  frame.model = interleaved ? ColorModel::kRgb : ColorModel::kYCbCr;
  const Subsampling chroma = subsampling(image->format);
  for (int i = 1; i < 3; ++i) {
    PlaneView& plane = frame.planes[static_cast<size_t>(i)];
    if (interleaved) {
      plane = frame.planes[0];
      plane.data = static_cast<std::byte*>(plane.data) + i * plane.bytes_per_sample();
    } else {
      const int width = (image->width + (1 << chroma.log2_width) - 1) >> chroma.log2_width;
      const int height = (image->height + (1 << chroma.log2_height) - 1) >> chroma.log2_height;
      VSEAL_ASSIGN_OR_RETURN(plane, to_plane(*image, i, width, height, 1));
    }
  }
  return frame;
}

void to_reading(const payload::Reading& reading, vseal_reading& out) {
  out.verdict = reading.verdict == payload::Verdict::kPresent  ? VSEAL_PRESENT
                : reading.verdict == payload::Verdict::kAbsent ? VSEAL_ABSENT
                                                               : VSEAL_UNCERTAIN;
  out.p_value = reading.p_value;
  out.bits_corrected = reading.bits_corrected;
  out.id_type = VSEAL_ID_AUTO;
  out.id[0] = '\0';
  out.bits[0] = '\0';
  out.bit_accuracy = 0;
  if (reading.payload.has_value()) {
    out.id_type = static_cast<vseal_id_type>(reading.payload->type);
    copy_text(payload::format(*reading.payload), out.id, sizeof(out.id));
  }
}

void to_reading(const pipeline::RawReading& raw, vseal_reading& out) {
  payload::Reading nothing;
  nothing.verdict = payload::Verdict::kUncertain;
  to_reading(nothing, out);
  copy_text(payload::format_bits(raw.bits), out.bits, sizeof(out.bits));
  if (!raw.match.has_value()) return;
  out.verdict = raw.match->found ? VSEAL_PRESENT : VSEAL_ABSENT;
  out.p_value = raw.match->p_value;
  out.bit_accuracy = raw.match->accuracy();
  out.expected_found = raw.match->found ? 1 : 0;
  out.expected_p_value = raw.match->p_value;
}

Result<std::shared_ptr<const models::Model>> open_model(const char* model) {
  if (model == nullptr || models::default_form(model).has_value()) {
    return models::load_model(model == nullptr ? "default" : model);
  }
  return open_float_model(model);
}

Result<std::shared_ptr<const models::Model>> open_float_model(const char* model,
                                                              const models::LoadOptions& options) {
  if (model == nullptr || models::default_form(model).has_value()) {
    return models::default_model(models::DefaultForm::kF32, options);
  }
  VSEAL_ASSIGN_OR_RETURN(const std::string path, workbench::find_model(model));
  return models::load_model(path, options);
}

}  // namespace vseal::api
