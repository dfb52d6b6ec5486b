// The padded copy of an integer convolution's input.
#pragma once

#include "kernels/int8/conv_tile.h"

namespace vseal::kernels {

// Floats of the copy, a multiple of 16.
size_t conv2d_i8_copy_floats(const Conv2dShape& shape, PaddedKind kind);

// Writes x with its padding, and kPaddedSlack zero bytes behind it.
void pad_input(const Conv2dShape& shape, const Int8ConvArguments& arguments, PaddedKind kind,
               void* out, ThreadPool& pool);

}  // namespace vseal::kernels
