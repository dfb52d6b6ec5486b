// What a detector says of unmarked pictures and frames.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "watermark/reader.h"

namespace vseal::bench {

struct MediaOptions {
  int crops = 2;    // of each picture and frame, beside the whole
  int frames = 64;  // of each clip, at even distances
  uint64_t seed = 1;
};

// Pictures and clips below a folder, by name, so that the same files are the same reads.
Result<std::vector<std::string>> media_files(const std::string& folder);

// `count` of the files, or all when there are fewer, at even distances.
std::vector<std::string> evenly(const std::vector<std::string>& files, size_t count);

// Takes one view of unmarked media; an error ends the walk.
using ViewCallback = std::function<Status(const FrameView& view)>;

// Calls `read` with every picture and every frame that the options ask for: the whole, then crops
// of 30 to 100 % of both sides, anywhere. Files that are neither are passed over.
Status for_each_view(const std::vector<std::string>& files, const MediaOptions& options,
                     const ViewCallback& read);

}  // namespace vseal::bench
