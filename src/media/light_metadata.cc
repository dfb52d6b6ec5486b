#include "media/light_metadata.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace vseal::media {
namespace {

template <typename T>
std::optional<T> side_data(const AVFrame& frame, AVFrameSideDataType in_frame,
                           const AVStream& stream, AVPacketSideDataType in_stream) {
  T value;
  if (const AVFrameSideData* data = av_frame_get_side_data(&frame, in_frame);
      data != nullptr && data->size >= sizeof(T)) {
    std::memcpy(&value, data->data, sizeof(T));
    return value;
  }
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&stream, in_stream, &size);
  if (data == nullptr || size < sizeof(T)) return std::nullopt;
  std::memcpy(&value, data, sizeof(T));
  return value;
}

template <typename T>
void add(AVStream& to, AVPacketSideDataType type, const std::optional<T>& value) {
  if (!value || av_stream_get_side_data(&to, type, nullptr) != nullptr) return;
  uint8_t* data = av_stream_new_side_data(&to, type, sizeof(T));
  if (data != nullptr) std::memcpy(data, &*value, sizeof(T));
}

// A pair of rationals "(x,y)": rounded multiples of 1/unit, or decimals where unit is 0.
std::string pair(AVRational x, AVRational y, double unit) {
  char text[64];
  if (unit > 0) {
    std::snprintf(text, sizeof(text), "(%ld,%ld)", std::lround(av_q2d(x) * unit),
                  std::lround(av_q2d(y) * unit));
  } else {
    std::snprintf(text, sizeof(text), "(%.5f,%.5f)", av_q2d(x), av_q2d(y));
  }
  return text;
}

// The notation of the x265 family: chromaticity in 1/50000, luminance in 1/10000 cd/m2. SVT-AV1
// uses the same with decimals.
std::string display_text(const AVMasteringDisplayMetadata& m, bool decimals) {
  const double chroma = decimals ? 0 : 50000, luma = decimals ? 0 : 10000;
  const auto& p = m.display_primaries;
  return "G" + pair(p[1][0], p[1][1], chroma) + "B" + pair(p[2][0], p[2][1], chroma) + "R" +
         pair(p[0][0], p[0][1], chroma) + "WP" + pair(m.white_point[0], m.white_point[1], chroma) +
         "L" + pair(m.max_luminance, m.min_luminance, luma);
}

}  // namespace

LightMetadata light_metadata(const AVFrame& first, const AVStream& stream) {
  return {side_data<AVMasteringDisplayMetadata>(first, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA,
                                                stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA),
          side_data<AVContentLightMetadata>(first, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, stream,
                                            AV_PKT_DATA_CONTENT_LIGHT_LEVEL)};
}

void add_light_metadata(const LightMetadata& metadata, AVStream& to) {
  add(to, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, metadata.display);
  add(to, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, metadata.content);
}

std::string light_params(const LightMetadata& metadata, const std::string& encoder) {
  const bool x264 = encoder == "libx264", x265 = encoder == "libx265";
  const bool svt = encoder == "libsvtav1";
  if (!x264 && !x265 && !svt) return "";
  std::string params;
  const auto& display = metadata.display;
  if (display && display->has_primaries != 0 && display->has_luminance != 0) {
    params = (x265 ? "master-display=" : "mastering-display=") + display_text(*display, svt);
  }
  if (metadata.content) {
    if (!params.empty()) params += ":";
    params += x264 ? "cll=" : x265 ? "max-cll=" : "content-light=";
    params +=
        std::to_string(metadata.content->MaxCLL) + "," + std::to_string(metadata.content->MaxFALL);
  }
  return params;
}

}  // namespace vseal::media
