// How much memory a piece of code asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace vseal::formats {

// The most bytes that were allocated at once by `work`, of the whole test program and beside what
// was there before.
int64_t heap_peak(const std::function<void()>& work);

// What a reader may take for a file of so many bytes: 64 MB and twice the file.
inline int64_t allowed_heap(size_t file_bytes) {
  return (int64_t{64} << 20) + 2 * static_cast<int64_t>(file_bytes);
}

}  // namespace vseal::formats
