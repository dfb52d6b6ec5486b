// Pointers to what a tile of output pixels reads.
//
// Away from the left and right border a kernel row is one run of kw * ic values, so a tile needs
// kh pointers a pixel; at a border each tap has its own, and those in the padding point at zeros
// or at the reflected pixel. No padded copy of the input is ever made.
#include "kernels/conv2d/tile.h"

namespace vseal::kernels {
TilePointer::TilePointer(const Conv2dShape& s, const float* x, int64_t x_stride, const float* zeros)
    : n_(s.n),
      h_(s.h),
      w_(s.w),
      ic_(s.ic),
      kh_(s.kh),
      kw_(s.kw),
      stride_(s.stride),
      pad_(s.pad),
      out_h_(s.out_h()),
      out_w_(s.out_w()),
      reflect_(s.padding == Padding::kReflect),
      x_(x),
      x_stride_(x_stride == 0 ? s.ic : x_stride),
      zeros_(zeros) {
  if (kh_ * kw_ == 1 && stride_ == 1 && pad_ == 0) {  // each pixel on its own: one long row
    w_ = out_w_ = n_ * h_ * w_;
    n_ = h_ = out_h_ = 1;
  }
  pixel_count_ = n_ * out_h_ * out_w_;
}

TilePointer::Pixel TilePointer::locate(int64_t index) const {
  const int64_t row = index / out_w_;
  return {row / out_h_, row % out_h_, index % out_w_};
}

bool TilePointer::is_inside_row(const Pixel& first, int pixels) const {
  const int64_t iy = first.oy * stride_ - pad_;
  const int64_t ix = first.ox * stride_ - pad_;
  return first.ox + pixels <= out_w_ && iy >= 0 && iy + kh_ <= h_ && ix >= 0 &&
         ix + (pixels - 1) * stride_ + kw_ <= w_;
}

void TilePointer::point_rows(const Pixel& first, int pixels, TileSource& source) const {
  const int64_t iy = first.image * h_ + first.oy * stride_ - pad_;
  const int64_t ix = first.ox * stride_ - pad_;
  const float** to = source.x;
  for (int64_t ky = 0; ky < kh_; ++ky) {
    const float* from = x_ + ((iy + ky) * w_ + ix) * x_stride_;
    for (int p = 0; p < pixels; ++p) *to++ = from + p * stride_ * x_stride_;
  }
  source.segments = static_cast<int>(kh_);
  source.length = source.weight_step = kw_ * ic_;
}

// Pointers of one pixel, at x[0], x[pixels], x[2 * pixels], ...
void TilePointer::point_taps(const Pixel& pixel, int ic0, const float** x, int pixels) const {
  for (int64_t ky = 0; ky < kh_; ++ky) {
    int64_t iy = pixel.oy * stride_ - pad_ + ky;
    if (reflect_) iy = reflected(iy, h_);
    const bool row_exists = iy >= 0 && iy < h_;
    for (int64_t kx = 0; kx < kw_; ++kx, x += pixels) {
      int64_t ix = pixel.ox * stride_ - pad_ + kx;
      if (reflect_) ix = reflected(ix, w_);
      const bool exists = row_exists && ix >= 0 && ix < w_;
      *x = exists ? x_ + ((pixel.image * h_ + iy) * w_ + ix) * x_stride_ + ic0 : zeros_;
    }
  }
}

void TilePointer::point(int64_t first, int pixels, int ic0, int ic1, TileSource& source) const {
  Pixel pixel = locate(first);
  const bool whole = ic0 == 0 && ic1 == ic_ && (x_stride_ == ic_ || kw_ == 1);
  if (whole && is_inside_row(pixel, pixels)) return point_rows(pixel, pixels, source);
  for (int p = 0; p < pixels; ++p) {
    point_taps(pixel, ic0, source.x + p, pixels);
    if (first + p + 1 >= pixel_count_) continue;  // repeat the last one
    if (++pixel.ox < out_w_) continue;
    pixel.ox = 0;
    if (++pixel.oy < out_h_) continue;
    pixel.oy = 0;
    ++pixel.image;
  }
  source.segments = static_cast<int>(kh_ * kw_);
  source.length = ic1 - ic0;
  source.weight_step = ic_;
}

}  // namespace vseal::kernels
