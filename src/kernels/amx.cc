#include "kernels/amx.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace vseal::kernels {
namespace {

// Of XCR0, what the operating system saves: shapes and data of tile registers.
constexpr uint32_t kTileConfig = 1u << 17;
constexpr unsigned long kTileDataFeature = 18;
constexpr uint32_t kTileStates = kTileConfig | 1u << kTileDataFeature;
constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM

bool processor_has_amx() {
  constexpr uint32_t kOsSaves = 1u << 27;                 // leaf 1, ecx: OSXSAVE
  constexpr uint32_t kTileAndInt8 = 1u << 24 | 1u << 25;  // leaf 7, edx: AMX-TILE, AMX-INT8
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsSaves) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  return (d & kTileAndInt8) == kTileAndInt8;
}

bool system_saves_tiles() {
  uint32_t low = 0, high = 0;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & kTileStates) == kTileStates;
}

}  // namespace

bool acquire_amx() {
  return processor_has_amx() && system_saves_tiles() &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileDataFeature) == 0;
}

}  // namespace vseal::kernels

#else

namespace vseal::kernels {

bool acquire_amx() { return false; }

}  // namespace vseal::kernels

#endif
