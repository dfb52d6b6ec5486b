// How far a mark changes the frames of a video.
#pragma once

#include <optional>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/frame_copy.h"
#include "image/metrics.h"

namespace vseal::pipeline {

// Compares frames before and after they are marked. Not thread-safe; `pool` may be null.
class MarkMeter {
 public:
  // `luma_alone`: the mark leaves chroma as it is.
  MarkMeter(bool luma_alone, ThreadPool* pool) : luma_alone_(luma_alone), pool_(pool) {}

  // Keeps a copy of a frame that is about to be marked, then compares it with the marked one.
  void before(const FrameView& frame);
  Status after(const FrameView& frame);

  // Over all measured frames: luma, but of RGB video all of it; one mean squared error, then its
  // PSNR. Empty when none was measured.
  std::optional<image::Quality> quality() const;
  // The same over R, G and B as displayed; 0 when none was measured.
  double rgb_psnr_db() const { return frames_ == 0 ? 0 : image::psnr_db(rgb_mse_ / frames_); }

 private:
  const bool luma_alone_;
  ThreadPool* const pool_;
  image::FrameCopy original_;
  FrameView before_;
  double mse_ = 0;
  double rgb_mse_ = 0;
  double ssim_ = 0;
  int frames_ = 0;
};

}  // namespace vseal::pipeline
