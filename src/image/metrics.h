// How far a marked picture is from the original.
#pragma once

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::image {

struct Quality {
  double mse = 0;      // mean squared error over all colour samples, in units of max_value^2
  double psnr_db = 0;  // 10 log10(1 / mse), at most 100; 100 when identical
  // Mean over luma (in 0..1) of SSIM: Gaussian windows of 11x11, sigma 1.5, that lie inside the
  // picture; K = 0.01 and 0.03. 1 for a picture smaller than a window.
  double ssim = 0;
};

// Compares two frames of the same size, depth and colour model, colour samples only; how the
// samples lie in memory may differ. `pool` may be null; the same values for any number of threads.
// kInvalidArgument where the frames differ or a plane is not sound.
Result<Quality> compare(const FrameView& reference, const FrameView& marked, ThreadPool* pool);

// Quality::mse alone, which is cheap.
Result<double> mean_squared_error(const FrameView& reference, const FrameView& marked,
                                  ThreadPool* pool);

// 10 log10(1 / mse), at most 100, which also stands for identical.
double psnr_db(double mse);

}  // namespace vseal::image
