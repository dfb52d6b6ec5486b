// Functions of single values.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace vseal::kernels {

// act(x), computed in double.
float reference_activation(float x, Activation activation);

// y[i] = act(x[i]) for i < count. y may be x.
void reference_activate(const float* x, int64_t count, Activation activation, float* y);

// y[i] = a[i] + b[i]. y may be a or b.
void reference_add(const float* a, const float* b, int64_t count, float* y);

// y[i] = x[i] * scale + offset, rounded after each. y may be x.
void reference_affine(const float* x, int64_t count, float scale, float offset, float* y);

}  // namespace vseal::kernels
