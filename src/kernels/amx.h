// Whether this process may use the tile registers that integer kernels use (AMX-INT8).
#pragma once

namespace vseal::kernels {

// Asks the processor, and then the operating system for permission, which holds for all threads of
// the process from then on. Costs a CPUID and a system call. Thread-safe.
bool acquire_amx();

}  // namespace vseal::kernels
