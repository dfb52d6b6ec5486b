// Pictures seen through an affine map.
#pragma once

#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::image {

// Where a pixel of the new picture lies in the old one: (xx x + xy y + x0, yx x + yy y + y0). Pixel
// centres have whole coordinates in both.
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  // Old pixels from one new one to its right neighbour, and to the one below.
  double step_x() const;
  double step_y() const;
};

// Samples in 0..1, [height, width, channels].
struct FloatPicture {
  int width = 0;
  int height = 0;
  int channels = 1;  // 1: luma, 3: RGB
  std::vector<float> values;
};

// A picture at falling sizes, from which any part can be sampled at any scale without aliasing.
class Pyramid {
 public:
  // Of a frame as displayed, levels of its aspect ratio with long sides of about 1024, 768, 512,
  // 384, 256 and 192 px, those larger than the frame left out. kInvalidArgument for planes that are
  // not sound.
  static Result<Pyramid> create(const FrameView& frame, int channels, ThreadPool* pool);

  int frame_width() const { return frame_width_; }
  int frame_height() const { return frame_height_; }

  // Samples width x height pixels; `map` leads to pixels of the displayed frame. From the level
  // where a step is about two pixels: bilinear there, the mean of several samples along an axis
  // whose steps are longer. Outside, the picture's border goes on. `out` holds height * width *
  // channels values.
  void sample(const AffineMap& map, int width, int height, std::span<float> out,
              ThreadPool* pool) const;

 private:
  const FloatPicture& level_for(const AffineMap& map) const;

  int frame_width_ = 0;
  int frame_height_ = 0;
  std::vector<FloatPicture> levels_;  // falling sizes
};

// As Pyramid::sample, of one picture whose pixels `map` leads to.
void sample_affine(const FloatPicture& picture, const AffineMap& map, int width, int height,
                   std::span<float> out, ThreadPool* pool);

}  // namespace vseal::image
