#include "watermark/small_picture.h"

#include "image/resize.h"

namespace vseal::watermark {

Status SmallPicture::see(const FrameView& frame, int to_side, bool coloured,
                         image::Resampling resampling, ThreadPool* pool) {
  side = to_side;
  luma.resize(static_cast<size_t>(side) * side);
  rgb.resize(coloured ? 3 * luma.size() : 0);
  VSEAL_RETURN_IF_ERROR(image::resize_luma(frame, side, side, luma, pool, resampling));
  return coloured ? image::resize_rgb(frame, side, side, rgb, pool, resampling) : Status();
}

std::span<const float> SmallPicture::channels(int count) const { return count == 3 ? rgb : luma; }

}  // namespace vseal::watermark
