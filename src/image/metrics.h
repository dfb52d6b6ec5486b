// How far a marked picture is from the original.
#pragma once

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::image {

struct Quality {
  double mse = 0;      // mean squared error over all colour samples, in units of max_value^2
  double psnr_db = 0;  // 10 log10(1 / mse); 100 when identical
  double ssim =
      0;  // of luma: 11x11 Gaussian, sigma 1.5, K = 0.01, 0.03; windows inside the picture
};

// Compares two frames of the same layout (colour samples only). `pool` may be null.
Result<Quality> compare(const FrameView& reference, const FrameView& marked, ThreadPool* pool);

}  // namespace vseal::image
