// The most multiply-adds that this machine can do.
#pragma once

#include <cstdint>

namespace vseal::kernels {

// Runs `steps` rounds of independent f32 multiply-adds in registers, on the instruction set in
// use, and returns how many multiply-adds that was.
int64_t run_multiply_adds(int64_t steps);

// The same for products of 8-bit integers: the tile that integer convolutions are made of, on
// operands in the first level cache.
int64_t run_integer_multiply_adds(int64_t steps);

}  // namespace vseal::kernels
