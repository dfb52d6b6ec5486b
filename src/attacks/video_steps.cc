// Attacks that only videos know: codecs, and what changes time.
#include <algorithm>

#include "attacks/steps.h"

namespace vseal::attacks {
namespace {

media::Stage filter(const std::string& graph) { return media::FilterStage{graph}; }

media::Stage codec(const char* encoder, const char* pixel_format, double crf,
                   const std::string& others) {
  return media::CodecStage{encoder, pixel_format,
                           "crf=" + std::to_string(static_cast<int>(crf)) + ":" + others};
}

Status expect_rate(const char* attack, const media::VideoInfo& info) {
  if (info.frames_per_second > 0) return {};
  return unsupported(std::string("[attack] ") + attack +
                     ": expected a video with a known frame rate");
}

}  // namespace

Result<media::Stage> x264_stage(double crf, const media::VideoInfo&) {
  return codec("libx264", "yuv420p", crf, "preset=medium");
}

Result<media::Stage> x264rgb_stage(double crf, const media::VideoInfo&) {
  return codec("libx264rgb", "rgb24", crf, "preset=medium");
}

Result<media::Stage> x265_stage(double crf, const media::VideoInfo&) {
  return codec("libx265", "yuv420p", crf, "preset=medium:x265-params=log-level=none");
}

Result<media::Stage> vp9_stage(double crf, const media::VideoInfo&) {
  return codec("libvpx-vp9", "yuv420p", crf, "cpu-used=4:row-mt=1");
}

Result<media::Stage> av1_stage(double crf, const media::VideoInfo&) {
  return codec("libsvtav1", "yuv420p", crf, "preset=8");
}

Result<media::Stage> rate_stage(double frames_per_second, const media::VideoInfo&) {
  return filter("fps=" + std::to_string(frames_per_second));
}

Result<media::Stage> drop_stage(double share, const media::VideoInfo&) {
  return filter("select='gte(random(0)," + std::to_string(share) + ")'");
}

Result<media::Stage> speed_stage(double factor, const media::VideoInfo& info) {
  VSEAL_RETURN_IF_ERROR(expect_rate("speed", info));
  return filter("setpts=PTS/" + std::to_string(factor) +
                ",fps=" + std::to_string(info.frames_per_second));
}

Result<media::Stage> cut_stage(double seconds, const media::VideoInfo& info) {
  if (info.duration_s <= 0) {
    return unsupported("[attack] cut: expected a video of known duration");
  }
  const double start = std::max(0.0, (info.duration_s - seconds) / 2);
  return filter("setpts=PTS-STARTPTS,trim=start=" + std::to_string(start) +
                ":duration=" + std::to_string(seconds) + ",setpts=PTS-STARTPTS");
}

}  // namespace vseal::attacks
