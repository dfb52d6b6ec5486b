#include "media/frame_view.h"

#include <cstdlib>
#include <string>

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace vseal::media {
namespace {

// Above these heights an untagged picture is taken for high definition.
constexpr int kHighDefinitionRows = 720;

Status refuse(const AVFrame& frame) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
  return unsupported(std::string("pixel format ") + (name != nullptr ? name : "unknown") +
                     ": expected YCbCr, grey or RGB of 8 to 16 bits");
}

bool readable(const AVPixFmtDescriptor& format) {
  constexpr uint64_t kForeign = AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_PAL |
                                AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL |
                                AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
  if ((format.flags & kForeign) != 0) return false;
  for (int i = 0; i < format.nb_components; ++i) {
    const AVComponentDescriptor& c = format.comp[i];
    if (c.shift != 0 || c.depth < 8 || c.depth > 16 || c.depth != format.comp[0].depth)
      return false;
  }
  return true;
}

bool is_full_range(const AVFrame& frame, ColorModel model) {
  if (model == ColorModel::kRgb || frame.color_range == AVCOL_RANGE_JPEG) return true;
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
      return true;
    default:
      break;
  }
  return model == ColorModel::kGrey && frame.color_range == AVCOL_RANGE_UNSPECIFIED;
}

ColorMatrix matrix_of(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      return ColorMatrix::kBt709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return ColorMatrix::kBt2020;
    case AVCOL_SPC_UNSPECIFIED:
      return frame.height >= kHighDefinitionRows ? ColorMatrix::kBt709 : ColorMatrix::kBt601;
    default:
      return ColorMatrix::kBt601;
  }
}

PlaneView plane_of(const AVFrame& frame, const AVPixFmtDescriptor& format, int component) {
  const AVComponentDescriptor& c = format.comp[component];
  const bool rgb = (format.flags & AV_PIX_FMT_FLAG_RGB) != 0;
  const bool chroma = component > 0 && !rgb;
  PlaneView plane;
  plane.depth_bits = c.depth;
  const int bytes = plane.bytes_per_sample();
  plane.data = frame.data[c.plane] + c.offset;
  plane.stride = frame.linesize[c.plane] / bytes;
  plane.step = c.step / bytes;
  plane.width = chroma ? AV_CEIL_RSHIFT(frame.width, format.log2_chroma_w) : frame.width;
  plane.height = chroma ? AV_CEIL_RSHIFT(frame.height, format.log2_chroma_h) : frame.height;
  return plane;
}

}  // namespace

Result<FrameView> view_of(const AVFrame& frame, Orientation orientation) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (format == nullptr || !readable(*format)) return refuse(frame);
  FrameView view;
  const bool colour = format->nb_components >= 3;
  view.model = !colour                                      ? ColorModel::kGrey
               : (format->flags & AV_PIX_FMT_FLAG_RGB) != 0 ? ColorModel::kRgb
                                                            : ColorModel::kYCbCr;
  view.plane_count = colour ? 3 : 1;
  view.range = is_full_range(frame, view.model) ? ColorRange::kFull : ColorRange::kLimited;
  view.matrix = matrix_of(frame);
  view.orientation = orientation;
  for (int i = 0; i < view.plane_count; ++i) {
    PlaneView& plane = view.planes[static_cast<size_t>(i)];
    plane = plane_of(frame, *format, i);
    if (frame.linesize[format->comp[i].plane] % plane.bytes_per_sample() != 0) return refuse(frame);
  }
  return view;
}

Orientation orientation_of(const int32_t* m) {
  if (m == nullptr) return Orientation::kNormal;
  // x' = m0 x + m3 y, y' = m1 x + m4 y: the larger diagonal says whether axes swap.
  const bool swap = std::abs(static_cast<int64_t>(m[1])) + std::abs(static_cast<int64_t>(m[3])) >
                    std::abs(static_cast<int64_t>(m[0])) + std::abs(static_cast<int64_t>(m[4]));
  if (swap) {
    if (m[1] >= 0) return m[3] < 0 ? Orientation::kRotate90 : Orientation::kTranspose;
    return m[3] < 0 ? Orientation::kTransverse : Orientation::kRotate270;
  }
  if (m[0] >= 0) return m[4] < 0 ? Orientation::kFlipVertical : Orientation::kNormal;
  return m[4] < 0 ? Orientation::kRotate180 : Orientation::kFlipHorizontal;
}

}  // namespace vseal::media
