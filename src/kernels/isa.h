// Which instruction set the SIMD kernels run on: what there is, what is used, how to force one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace vseal::kernels {

// Names of the instruction sets that this binary was built for and this machine runs, best first.
// "amx" (tile registers for integers beside all of "avx512", and leave to use them from the
// operating system, which is asked for it), "avx512" (F, BW, CD, DQ, VL), "avx2" (with FMA, F16C
// and BMI2), "sse4", "neon" (which every 64-bit Arm has), and last, elsewhere, the portable
// fallback "scalar" or "emu128", which every machine runs. Thread-safe.
std::vector<std::string> available_isas();

// The one in use: the best, unless force_isa() or the environment variable VSEAL_ISA (read once,
// at the first use of any function here or of any kernel) says otherwise. A bad VSEAL_ISA is
// logged as a warning and ignored. Thread-safe.
std::string active_isa();

// Uses `name` from now on; "auto" goes back to the best. kInvalidArgument for a name that
// available_isas() does not list; the choice then stays as it was. Thread-safe, but a kernel that
// runs meanwhile may still be of the old set.
Status force_isa(std::string_view name);

// Reads VSEAL_ISA if that has not happened yet. Cheap; every dispatch goes through it.
void settle_isa();

}  // namespace vseal::kernels

// The best version of a function exported with HWY_EXPORT; hwy/highway.h must be included. Use it
// instead of HWY_DYNAMIC_DISPATCH, which does not know VSEAL_ISA.
#define VSEAL_DISPATCH(function) (::vseal::kernels::settle_isa(), HWY_DYNAMIC_DISPATCH(function))
