// Fast f32 attention within windows.
#pragma once

#include <cstddef>

#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/attention/contract.h"

namespace vseal::kernels {

// Says which extent is not positive, which window does not divide the map, or that qkv or scratch
// would hold more than 2^40 values.
Status check_attention(const AttentionShape& shape);

// Floats of scratch for a pool of `threads` threads: the keys and values once more, and some rows
// of logits for each thread.
size_t attention_scratch_floats(const AttentionShape& shape, int threads);

struct AttentionArguments {
  const float* qkv = nullptr;    // [n,h,w,3*c]
  const float* rel_h = nullptr;  // [2*window_h-1, head_width]
  const float* rel_w = nullptr;  // [2*window_w-1, head_width]
  float* y = nullptr;            // [n,h,w,c]; overlaps no input
  float* scratch = nullptr;      // attention_scratch_floats(), at a 64-byte boundary
};

// As reference_attention for a sound shape, in f32: for logits below 30 within 1e-5 of it relative
// to the largest value. Allocates nothing, touches no value outside of the tensors and scratch; the
// same bits for any number of threads. Thread-safe.
void attention_f32(const AttentionShape& shape, const AttentionArguments& arguments,
                   ThreadPool& pool);

}  // namespace vseal::kernels
