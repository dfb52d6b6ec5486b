// The oracle of depthwise convolution.
#pragma once

namespace vseal::kernels {

// y[n,oy,ox,c] = bias[c] + sum over ky, kx of x[n, oy+ky-pad, ox+kx-pad, c] * weight[ky,kx,c],
// zeros outside, summed in double. x is [n,h,w,c], weight [kh,kw,c], y [n, h+2*pad-kh+1,
// w+2*pad-kw+1, c]; bias may be null.
void reference_depthwise(const float* x, int n, int h, int w, int c, const float* weight, int kh,
                         int kw, int pad, const float* bias, float* y);

}  // namespace vseal::kernels
