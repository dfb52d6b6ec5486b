#include "base/aligned_buffer.h"

#include <cstdlib>
#include <cstring>

namespace vseal::internal {

void* allocate_aligned(size_t bytes) {
  if (bytes > SIZE_MAX - kAlignmentBytes) return nullptr;
  const size_t rounded = (bytes + kAlignmentBytes) / kAlignmentBytes * kAlignmentBytes;
  void* p = std::aligned_alloc(kAlignmentBytes, rounded);
  if (p != nullptr) std::memset(p, 0, rounded);
  return p;
}

void free_aligned(void* p) { std::free(p); }

}  // namespace vseal::internal
