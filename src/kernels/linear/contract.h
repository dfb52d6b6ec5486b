// y[r, o] = act(bias[o] + sum over i of x[r, i] * weight[o, i]). weight is [out, in]; bias may be
// null; y overlaps no input.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace vseal::kernels {

// Summed in double, rounded once before the activation.
void reference_linear(const float* x, int64_t rows, int in, int out, const float* weight,
                      const float* bias, Activation activation, float* y);

}  // namespace vseal::kernels
