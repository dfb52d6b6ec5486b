#include "formats/heap_peak.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<int64_t> live{0}, peak{0};
}  // namespace

// Counts what is allocated by the whole test program.
void* operator new(size_t size) {
  void* p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  const int64_t now = live += static_cast<int64_t>(malloc_usable_size(p));
  if (now > peak) peak = now;
  return p;
}
void operator delete(void* p) noexcept {
  live -= static_cast<int64_t>(malloc_usable_size(p));
  std::free(p);
}
void operator delete(void* p, size_t) noexcept { operator delete(p); }

namespace vseal::formats {

int64_t heap_peak(const std::function<void()>& work) {
  const int64_t before = live;
  peak = before;
  work();
  return peak - before;
}

}  // namespace vseal::formats
