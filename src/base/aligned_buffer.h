// Heap memory aligned for the widest vector loads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"

namespace vseal {

inline constexpr size_t kAlignmentBytes = 64;

// Owns `size` values of T at a 64-byte aligned address, zero-filled. Movable, not copyable.
// T must be trivial. Thread-compatible.
template <typename T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;

  // Allocates; fails with kOutOfMemory and the size asked for.
  static Result<AlignedBuffer> allocate(size_t size);

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::span<T> span() { return {data_.get(), size_}; }
  std::span<const T> span() const { return {data_.get(), size_}; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  struct Free {
    void operator()(T* p) const;
  };
  std::unique_ptr<T[], Free> data_;
  size_t size_ = 0;
};

namespace internal {
void* allocate_aligned(size_t bytes);  // zero-filled, null on failure
void free_aligned(void* p);
}  // namespace internal

template <typename T>
void AlignedBuffer<T>::Free::operator()(T* p) const {
  internal::free_aligned(p);
}

template <typename T>
Result<AlignedBuffer<T>> AlignedBuffer<T>::allocate(size_t size) {
  AlignedBuffer buffer;
  void* p = size > SIZE_MAX / sizeof(T) ? nullptr : internal::allocate_aligned(size * sizeof(T));
  if (p == nullptr) {
    return Status(Code::kOutOfMemory, "no memory for " + std::to_string(size) + " values of " +
                                          std::to_string(sizeof(T)) + " bytes");
  }
  buffer.data_.reset(static_cast<T*>(p));
  buffer.size_ = size;
  return buffer;
}

}  // namespace vseal
