#include <vector>

#include "image/frame_copy.h"
#include "image/rgb_error.h"
#include "pipeline/mark.h"

namespace vseal::pipeline {
namespace {

// Every how many key frames the mark's own PSNR is measured (a copy of the luma plane each time).
constexpr int64_t kMeasureEvery = 16;

// Luma, but of RGB video all of it.
FrameView measured_part(const FrameView& frame) {
  if (frame.model == ColorModel::kRgb) return frame;
  FrameView luma = frame;
  luma.plane_count = 1;
  luma.model = ColorModel::kGrey;
  return luma;
}

// Marks the frames of one video in order and measures some of them.
class FrameMarker {
 public:
  FrameMarker(const Tools& tools, watermark::Marker& marker, const watermark::VideoOptions& options,
              bool measure)
      : tools_(tools), marker_(marker, options), options_(options), measure_(measure) {}

  int delay_frames() const { return marker_.delay_frames(); }

  Status preview(const FrameView& frame, int64_t index) { return marker_.preview(frame, index); }

  Status mark(FrameView& frame, int64_t index) {
    const watermark::FramePlan plan = watermark::plan_frame(index, options_);
    const bool measured = measure_ && plan.is_key && plan.key % kMeasureEvery == 0;
    if (!measured) return marker_.mark(frame, index);
    const bool luma_alone = tools_.networks->card().embedder_channels == 1;
    const FrameView before =
        original_.take(frame, luma_alone ? image::CopiedPlanes::kLuma : image::CopiedPlanes::kAll);
    VSEAL_RETURN_IF_ERROR(marker_.mark(frame, index));
    VSEAL_ASSIGN_OR_RETURN(
        const image::Quality quality,
        image::compare(measured_part(before), measured_part(frame), tools_.pool));
    VSEAL_ASSIGN_OR_RETURN(const double rgb, image::rgb_squared_error(before, frame, tools_.pool));
    rgb_mse_ += rgb;
    mse_ += quality.mse;
    ssim_ += quality.ssim;
    ++measured_;
    return {};
  }

  double rgb_psnr_db() const { return measured_ == 0 ? 0 : image::psnr_db(rgb_mse_ / measured_); }

  // Over all measured frames: one mean squared error, then its PSNR.
  std::optional<image::Quality> quality() const {
    if (measured_ == 0) return std::nullopt;
    image::Quality mean;
    mean.mse = mse_ / measured_;
    mean.psnr_db = image::psnr_db(mean.mse);
    mean.ssim = ssim_ / measured_;
    return mean;
  }

 private:
  const Tools& tools_;
  watermark::VideoMarker marker_;
  const watermark::VideoOptions options_;
  const bool measure_;
  image::FrameCopy original_;
  double mse_ = 0;
  double rgb_mse_ = 0;
  double ssim_ = 0;
  int measured_ = 0;
};

}  // namespace

Status mark_video(const Tools& tools, const std::string& input, const std::string& path,
                  const std::string& name, const MarkSettings& settings, MarkReport& report,
                  const ProgressCallback& progress) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<float> message, message_of(tools, settings));
  VSEAL_ASSIGN_OR_RETURN(const auto marker,
                         watermark::Marker::create(tools.networks, tools.pool, settings.marker));
  VSEAL_RETURN_IF_ERROR(marker->set_message(message));
  report.key_frames = settings.key_frames;
  if (report.key_frames.step == 0) report.key_frames.step = tools.networks->card().step;
  if (report.key_frames.step < 1) return invalid_argument("step: expected at least 1");
  FrameMarker frames(tools, *marker, report.key_frames, settings.measure);
  media::FrameEdits edits;
  edits.preview = [&](media::VideoFrame& frame) {
    return frames.preview(frame.view, frame.index).with_context(input);
  };
  edits.edit = [&](media::VideoFrame& frame) {
    report.width = frame.view.width();
    report.height = frame.view.height();
    return frames.mark(frame.view, frame.index).with_context(input);
  };
  edits.delay_frames = frames.delay_frames();
  const auto tell = [&](const media::TranscodeStatus& at) {
    return !progress || progress({at.frames, at.total_frames, at.time_s, at.duration_s});
  };
  VSEAL_ASSIGN_OR_RETURN(report.video,
                         media::transcode(input, path, name, settings.video, edits, tell));
  report.frames = report.video.frames;
  report.quality = frames.quality();
  report.rgb_psnr_db = frames.rgb_psnr_db();
  report.scenes = marker->cost();
  return {};
}

}  // namespace vseal::pipeline
