// The pixel work of marking and judging, on frames of the sizes and layouts that people have.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::bench {

// One piece of work to time. `run` may be called any number of times, by one thread at a time.
struct FrameCase {
  std::string name;    // "blend"
  std::string detail;  // "1920x1080 luma 8 bits"
  double megapixels = 0;
  std::function<Status(ThreadPool&)> run;
};

// resize, blend and compare at 1080p and 4K, in the layouts of video and of pictures, also on 100
// megapixels where `large` says so (that holds 600 MB), and heatmap; those whose name and detail
// contain `filter`. Resize and blend are first held to the plain reference on a small frame of each
// layout; the error says which one is wrong.
Result<std::vector<FrameCase>> frame_cases(bool large, const std::string& filter);

}  // namespace vseal::bench
