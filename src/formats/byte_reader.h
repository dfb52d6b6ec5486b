// Little-endian numbers out of bytes that may end too early.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace vseal::formats {

// Reads forwards. Past the end every read gives zeros and fails() becomes true for good, so that a
// parser may check once after several reads. Not thread-safe.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes, size_t position = 0)
      : bytes_(bytes), position_(position) {
    if (position > bytes.size()) fail();
  }

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }
  bool failed() const { return failed_; }

  // Goes back to a position that has been read already.
  void rewind(size_t position) {
    if (position <= position_) position_ = position;
  }

  std::span<const std::byte> take(uint64_t count) {
    if (count > left()) {
      fail();
      return {};
    }
    const auto taken = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += taken.size();
    return taken;
  }
  std::string_view text(uint64_t count) {
    const auto taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  template <typename T>
  T number() {
    T value{};
    const auto taken = take(sizeof(T));
    if (taken.size() == sizeof(T)) std::memcpy(&value, taken.data(), sizeof(T));
    return value;
  }
  uint8_t u8() { return number<uint8_t>(); }
  uint16_t u16() { return number<uint16_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }

 private:
  void fail() {
    failed_ = true;
    position_ = bytes_.size();
  }

  std::span<const std::byte> bytes_;
  size_t position_;
  bool failed_ = false;
};

}  // namespace vseal::formats
