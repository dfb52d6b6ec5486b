// Attention within windows of a map, with decomposed relative positions.
#pragma once

#include <cstdint>

namespace vseal::kernels {

// Extents of a map of n x h x w positions with `heads` heads of `head_width` channels, in windows
// of window_h x window_w positions, which divide h and w.
struct AttentionShape {
  int n = 1;
  int h = 0;
  int w = 0;
  int heads = 1;
  int head_width = 0;
  int window_h = 0;
  int window_w = 0;

  int channels() const { return heads * head_width; }
};

// qkv [n,h,w,3*c], channel = which * c + head * head_width + i with which = 0 for q, 1 for k, 2 for
// v. For positions q and k of one window, per head:
//   logit[q,k] = q . k / sqrt(head_width) + q . rel_h[qy - ky + window_h - 1]
//                + q . rel_w[qx - kx + window_w - 1]
//   y[q] = sum over k of softmax(logit[q])[k] * v[k]
// rel_h [2*window_h-1, head_width], rel_w [2*window_w-1, head_width], y [n,h,w,c]. Sums run in
// double.
void reference_attention(const AttentionShape& shape, const float* qkv, const float* rel_h,
                         const float* rel_w, float* y);

}  // namespace vseal::kernels
