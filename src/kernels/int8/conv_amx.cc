// The processor's tile registers. Instructions stand as they are: the compiler's intrinsics take
// the registers' numbers as literals only, and GCC 12's do not say which memory they read.
#if defined(__x86_64__)

#include "kernels/int8/conv_amx.h"

namespace vseal::kernels {
namespace {

class AmxRegisters {
 public:
  void shape(const AmxShapes& shapes) { asm volatile("ldtilecfg %0" ::"m"(shapes) : "memory"); }
  // Leaves nothing for the kernel to save with a thread.
  void release() { asm volatile("tilerelease\n\tvzeroupper" ::: "memory"); }

  template <int kTile>
  void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  template <int kTile>
  void load(const void* from, int64_t step) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" ::"i"(kTile), "r"(from), "r"(step) : "memory");
  }
  template <int kTile>
  void store(void* to, int64_t step) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" ::"i"(kTile), "r"(to), "r"(step) : "memory");
  }
  template <int kSums, int kInputs, int kWeights>
  void dot() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kInputs), "i"(kWeights));
  }

  // After a long run of nothing but tile instructions, what follows was seen to stall (on a Granite
  // Rapids); a multiplication of vectors now and then, of anything, prevents it.
  void keep_awake() { asm volatile("vpmulld %%ymm0, %%ymm0, %%ymm0" ::: "xmm0"); }
};

}  // namespace

const Int8TileKernel& int8_amx_kernel() {
  static constexpr Int8TileKernel kernel = amx_kernel<AmxRegisters>("conv2d_i8_amx");
  return kernel;
}

}  // namespace vseal::kernels

#endif  // __x86_64__
