// What a user wants to say in a mark: a typed ID.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace vseal::payload {

enum class Type : uint8_t { kInteger = 0, kHex = 1, kUuid = 2, kText = 3 };

const char* type_name(Type type);

// A typed ID. Two payloads are equal when type and bytes are.
struct Payload {
  Type type = Type::kInteger;
  // kInteger: big-endian without leading zeros (0 is one zero byte), 1 to 8 bytes.
  // kHex: the bytes, at least one. kUuid: 16 bytes.
  // kText: well-formed UTF-8, at least one byte, no control characters: what is read from a
  // stranger's file goes to terminals and logs.
  std::vector<uint8_t> bytes;

  bool operator==(const Payload&) const = default;
};

// kInvalidArgument when the bytes break the rules of their type.
Status validate(const Payload& payload);

// Reads an ID as a person writes it. Without a type: decimal digits up to 2^64-1 without leading
// zeros are an integer, 8-4-4-4-12 hex digits a UUID, "0x..." hex, anything else text. With a
// type, hex may come without "0x" and integers with leading zeros. What parse(text) accepts,
// format() gives back, but for the case of hex digits.
Result<Payload> parse(std::string_view text);
Result<Payload> parse(std::string_view text, Type type);

// The inverse of parse(text, payload.type): "4711", "0xdeadbeef", "f81d4fae-...", the text itself.
// `payload` must be valid.
std::string format(const Payload& payload);

}  // namespace vseal::payload
