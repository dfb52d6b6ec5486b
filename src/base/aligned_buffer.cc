#include "base/aligned_buffer.h"

#include <cstdlib>
#include <cstring>

namespace vseal::internal {

void* allocate_aligned(size_t bytes) {
  // From calloc(), which need not clear what comes fresh from the system. There is room for what
  // calloc() returned right before the values.
  if (bytes > SIZE_MAX - 2 * kAlignmentBytes) return nullptr;
  void* block = std::calloc(bytes + 2 * kAlignmentBytes, 1);
  if (block == nullptr) return nullptr;
  const auto after = reinterpret_cast<uintptr_t>(block) + kAlignmentBytes;
  auto* values = reinterpret_cast<std::byte*>(block) +
                 (after / kAlignmentBytes * kAlignmentBytes - reinterpret_cast<uintptr_t>(block));
  std::memcpy(values - sizeof(block), &block, sizeof(block));
  return values;
}

void free_aligned(void* p) {
  if (p == nullptr) return;
  void* block = nullptr;
  std::memcpy(&block, static_cast<std::byte*>(p) - sizeof(block), sizeof(block));
  std::free(block);
}

}  // namespace vseal::internal
