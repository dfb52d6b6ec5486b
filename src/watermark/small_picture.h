// What the networks see of a frame.
#pragma once

#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/resize_filter.h"

namespace vseal::watermark {

// A frame as displayed, resized to side x side. Values in 0..1.
struct SmallPicture {
  int side = 0;
  std::vector<float> luma;  // [side, side]
  std::vector<float> rgb;   // [side, side, 3], empty where no network asks for it

  // Makes this the picture of `frame`; `coloured` says whether rgb is wanted.
  Status see(const FrameView& frame, int to_side, bool coloured, image::Resampling resampling,
             ThreadPool* pool);

  // What a network of so many channels takes: luma for 1, rgb for 3.
  std::span<const float> channels(int count) const;
};

}  // namespace vseal::watermark
