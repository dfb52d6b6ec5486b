#include "pipeline/mark.h"
#include "pipeline/side_by_side.h"

namespace vseal::pipeline {
namespace {

struct Prepared {
  std::optional<media::Picture> picture;
  std::unique_ptr<watermark::Marker> marker;
};

// Plans the networks, and reads the picture meanwhile.
Result<Prepared> prepare(const Tools& tools, const std::string& input,
                         const MarkSettings& settings) {
  Prepared prepared;
  const auto plan = [&]() -> Status {
    VSEAL_ASSIGN_OR_RETURN(prepared.marker,
                           watermark::Marker::create(tools.networks, tools.pool, settings.marker));
    return {};
  };
  const auto load = [&]() -> Status {
    VSEAL_ASSIGN_OR_RETURN(prepared.picture, media::Picture::load(input));
    return {};
  };
  VSEAL_RETURN_IF_ERROR(side_by_side(tools.pool, plan, load));
  return prepared;
}

}  // namespace

Status mark_picture(const Tools& tools, const std::string& input, const std::string& path,
                    const std::string& name, const MarkSettings& settings, MarkReport& report) {
  VSEAL_ASSIGN_OR_RETURN(Prepared prepared, prepare(tools, input, settings));
  media::Picture& picture = *prepared.picture;
  std::unique_ptr<watermark::Marker>& marker = prepared.marker;
  const media::PictureFormat format =
      settings.picture_format.value_or(media::format_from_name(name).value_or(picture.format()));
  VSEAL_ASSIGN_OR_RETURN(const std::vector<float> message, message_of(tools, settings));
  VSEAL_RETURN_IF_ERROR(marker->set_message(message));

  FrameView frame = picture.view();
  report.width = frame.width();
  report.height = frame.height();
  report.frames = 1;
  VSEAL_RETURN_IF_ERROR(marker->look(frame).with_context(input));
  std::optional<media::Picture> original;
  if (settings.measure) {
    original = picture.clone_pixels();
    if (!original.has_value()) return Status(Code::kOutOfMemory, input + ": no memory to measure");
  }
  VSEAL_RETURN_IF_ERROR(marker->blend(frame));
  report.scenes = marker->cost();
  marker.reset();  // encoders need memory of their own
  if (original.has_value()) {
    const media::Picture& reference = *original;
    VSEAL_ASSIGN_OR_RETURN(report.quality, image::compare(reference.view(), frame, tools.pool));
    report.rgb_psnr_db = report.quality->psnr_db;
  }
  return picture.save(path, format, settings.picture).with_context(name);
}

}  // namespace vseal::pipeline
