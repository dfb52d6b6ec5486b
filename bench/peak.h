// The most multiply-adds that this machine can do.
#pragma once

#include <cstdint>

namespace vseal::bench {

// Runs `steps` rounds of independent f32 multiply-adds in registers, on the instruction set in
// use, and returns how many multiply-adds that was.
int64_t run_multiply_adds(int64_t steps);

}  // namespace vseal::bench
