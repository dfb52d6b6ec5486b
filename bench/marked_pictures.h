// Pictures of a folder, marked in memory: what benches of robustness begin with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "media/raster.h"
#include "watermark/marker.h"

namespace vseal::bench {

// The pictures that lie in `folder`, decoded, in the order of their names. An error if there are
// none, or one cannot be read.
Result<std::vector<media::Raster>> load_pictures(const std::string& folder);

struct MarkedPicture {
  media::Raster picture;
  std::vector<float> message;  // +-1 a bit
  double psnr_db = 0;          // over R, G and B
  watermark::SceneCost cost;
};

// A copy of `original` that carries `message`, as vseal embed marks a picture.
Result<MarkedPicture> mark_picture(const media::Raster& original, std::vector<float> message,
                                   const std::shared_ptr<const watermark::Networks>& networks,
                                   const watermark::MarkerOptions& options, ThreadPool* pool);

// The share of bits whose logit has the sign that the message has.
double share_right(std::span<const float> logits, std::span<const float> message);

}  // namespace vseal::bench
