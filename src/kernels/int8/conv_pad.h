// The padded copy of an integer convolution's input.
#pragma once

#include "kernels/int8/conv_tile.h"

namespace vseal::kernels {

// Writes x with its padding, and kPaddedSlack zero bytes behind it.
void pad_input(const Conv2dShape& shape, const Int8ConvArguments& arguments, PaddedKind kind,
               void* out, ThreadPool& pool);

}  // namespace vseal::kernels
