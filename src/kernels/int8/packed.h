// Fast integer convolutions: weights packed once, then any number of runs, all with the reference's
// bits.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/int8/contract.h"

namespace vseal::kernels {

// A filter in the layout [panel of 16 oc][ky][quad][16][4]: the kw * ic products of a kernel row
// are cut into quads, the last of them filled up with zeros, and so are the channels. It suits
// every instruction set.
struct PackedInt8Filter {
  AlignedBuffer<int8_t> weights;
  AlignedBuffer<int32_t> sums;     // [oc filled up to 16]: of each filter
  std::vector<int> winograd_ends;  // exact_parts() of winograd.h

  size_t bytes() const { return weights.size() + sums.size() * sizeof(int32_t); }
};

// Packs `weight` [oc,kh,kw,ic]. Fails as check_conv2d, when the weights are of another size, or
// without memory.
Result<PackedInt8Filter> pack_conv2d_i8(const Conv2dShape& shape, std::span<const int8_t> weight);

// Floats of scratch that conv2d_i8 takes: a copy of x with its padding, and what Winograd's method
// needs on so many threads.
size_t conv2d_i8_scratch_floats(const Conv2dShape& shape, const PackedInt8Filter& packed,
                                int threads);

// As reference_conv2d_i8 with the filter that `packed` holds (arguments.weight is not read), to the
// bit. `scratch` lies at a 64-byte boundary and is for this run alone. Allocates nothing.
// Thread-safe.
void conv2d_i8(const Conv2dShape& shape, const Int8ConvArguments& arguments,
               const PackedInt8Filter& packed, float* scratch, ThreadPool& pool);

// Depthwise: products of i8 and sums of up to 256 of them are exact in f32, so the f32 kernel does
// the sums. `weight` holds the filter [kh,kw,c] as f32.
size_t depthwise_i8_scratch_floats(const Conv2dShape& shape);
// As reference_depthwise_i8, to the bit; arguments.weight is not read. Thread-safe.
void depthwise_i8(const Conv2dShape& shape, const Int8ConvArguments& arguments, const float* weight,
                  float* scratch, ThreadPool& pool);

}  // namespace vseal::kernels
