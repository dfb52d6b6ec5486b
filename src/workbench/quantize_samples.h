// What networks see of pictures, or of a clip's frames.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "quant/samples.h"
#include "watermark/networks.h"

namespace vseal::workbench {

// Paths of the pictures in `folder` by name (not in folders below it), or `folder` itself where it
// is a picture. kNotFound when it cannot be read or holds none.
Result<std::vector<std::string>> list_pictures(const std::string& folder);

// `count` of `paths`, evenly spread; all where there are fewer.
std::vector<std::string> spread(const std::vector<std::string>& paths, size_t count);

// At most `count` pictures of `data`, evenly spread: a folder's, or the one that it is; none of a
// clip. kNotFound where there are none.
Result<std::vector<std::string>> sample_paths(const std::string& data, size_t count);

// The inputs of both networks for one picture.
struct PictureSamples {
  quant::Sample embedder;
  quant::Sample detector;
};

// Reads the pictures, marks three of four with a message of their own (fixed by their place) at the
// card's strength, and keeps what the networks see. Errors name the picture.
Result<std::vector<PictureSamples>> take_samples(
    const std::vector<std::string>& paths,
    const std::shared_ptr<const watermark::Networks>& networks, ThreadPool& pool,
    const quant::Progress& progress);

// The same of at most `count` frames of a clip, evenly spread.
Result<std::vector<PictureSamples>> take_frames(
    const std::string& clip, size_t count,
    const std::shared_ptr<const watermark::Networks>& networks, ThreadPool& pool,
    const quant::Progress& progress);

}  // namespace vseal::workbench
