#include "pipeline/mark_meter.h"

#include "image/rgb_error.h"

namespace vseal::pipeline {
namespace {

// Luma, but of RGB video all of it.
FrameView measured_part(const FrameView& frame) {
  if (frame.model == ColorModel::kRgb) return frame;
  FrameView luma = frame;
  luma.plane_count = 1;
  luma.model = ColorModel::kGrey;
  return luma;
}

}  // namespace

void MarkMeter::before(const FrameView& frame) {
  before_ =
      original_.take(frame, luma_alone_ ? image::CopiedPlanes::kLuma : image::CopiedPlanes::kAll);
}

Status MarkMeter::after(const FrameView& frame) {
  VSEAL_ASSIGN_OR_RETURN(const image::Quality quality,
                         image::compare(measured_part(before_), measured_part(frame), pool_));
  VSEAL_ASSIGN_OR_RETURN(const double rgb, image::rgb_squared_error(before_, frame, pool_));
  rgb_mse_ += rgb;
  mse_ += quality.mse;
  ssim_ += quality.ssim;
  ++frames_;
  return {};
}

std::optional<image::Quality> MarkMeter::quality() const {
  if (frames_ == 0) return std::nullopt;
  image::Quality mean;
  mean.mse = mse_ / frames_;
  mean.psnr_db = image::psnr_db(mean.mse);
  mean.ssim = ssim_ / frames_;
  return mean;
}

}  // namespace vseal::pipeline
