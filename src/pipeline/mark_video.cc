#include <vector>

#include "pipeline/mark.h"
#include "pipeline/mark_meter.h"

namespace vseal::pipeline {
namespace {

// Every how many key frames the mark's own PSNR is measured (a copy of the luma plane each time).
constexpr int64_t kMeasureEvery = 16;

// Marks the frames of one video in order and measures some of them.
class FrameMarker {
 public:
  FrameMarker(const Tools& tools, watermark::Marker& marker, const watermark::VideoOptions& options,
              bool measure)
      : marker_(marker, options),
        options_(options),
        measure_(measure),
        meter_(tools.networks->card().embedder_channels == 1, tools.pool) {}

  int delay_frames() const { return marker_.delay_frames(); }
  const MarkMeter& meter() const { return meter_; }

  Status preview(const FrameView& frame, int64_t index) { return marker_.preview(frame, index); }

  Status mark(FrameView& frame, int64_t index) {
    const watermark::FramePlan plan = watermark::plan_frame(index, options_);
    const bool measured = measure_ && plan.is_key && plan.key % kMeasureEvery == 0;
    if (measured) meter_.before(frame);
    VSEAL_RETURN_IF_ERROR(marker_.mark(frame, index));
    return measured ? meter_.after(frame) : Status();
  }

 private:
  watermark::VideoMarker marker_;
  const watermark::VideoOptions options_;
  const bool measure_;
  MarkMeter meter_;
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
  report.quality = frames.meter().quality();
  report.rgb_psnr_db = frames.meter().rgb_psnr_db();
  report.scenes = marker->cost();
  return {};
}

}  // namespace vseal::pipeline
