// libFuzzer's entry for the one target that VSEAL_FUZZ_TARGET names.
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vseal::fuzz::VSEAL_FUZZ_TARGET({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
