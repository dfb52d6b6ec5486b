// The oracle of convolution.
#pragma once

#include "kernels/conv2d/packed.h"

namespace vseal::kernels {

// y[n,oy,ox,o] as in Conv2dShape's formula, by plain loops, summed in double and rounded once
// before the activation. weight is [oc,kh,kw,ic]; bias and residual may be null; all dense.
void reference_conv2d(const Conv2dShape& shape, const float* x, const float* weight,
                      const float* bias, const float* residual, Activation activation, float* y);

}  // namespace vseal::kernels
