#include "apps/heap.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace vseal::cli {

void keep_heap() {
#ifdef __GLIBC__
  constexpr int kLargestKept = 32 << 20;  // glibc's own limit
  constexpr int kMostKept = 64 << 20;
  constexpr size_t kLargePages = 24 << 20, kLargePage = 2 << 20;
  if (::mallopt(M_MMAP_THRESHOLD, kLargestKept) == 0) return;
  if (::mallopt(M_TRIM_THRESHOLD, kMostKept) == 0) return;
  void* const block = std::malloc(kLargePages);
  if (block == nullptr) return;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(block);
  const uintptr_t first = (begin + kLargePage - 1) / kLargePage * kLargePage;
  const uintptr_t last = (begin + kLargePages) / kLargePage * kLargePage;
  // A system without large pages says so, and nothing is lost.
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  std::free(block);
#endif
}

}  // namespace vseal::cli
