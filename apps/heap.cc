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
  auto* const block = static_cast<std::byte*>(std::malloc(kLargePages));
  if (block == nullptr) return;
  const size_t lead = kLargePage - reinterpret_cast<uintptr_t>(block) % kLargePage;
  // A system without large pages says so, and nothing is lost.
  ::madvise(block + lead, (kLargePages - lead) / kLargePage * kLargePage, MADV_HUGEPAGE);
  std::free(block);  // what is kept, with its large pages
#endif
}

}  // namespace vseal::cli
