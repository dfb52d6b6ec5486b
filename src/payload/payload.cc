// Typed IDs: what people write, and the bytes that a frame carries.
#include "payload/payload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace vseal::payload {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kUuidTextLength = 36;
constexpr std::array<size_t, 4> kUuidDashes = {8, 13, 18, 23};

Status error(std::string_view expected, std::string_view got) {
  return invalid_argument(fmt::format("[payload] ID: expected {}, got '{}'", expected, got));
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// -1 for what is no hex digit.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::vector<uint8_t>> hex_bytes(std::string_view digits) {
  if (digits.empty() || digits.size() % 2 != 0) return std::nullopt;
  std::vector<uint8_t> bytes;
  bytes.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return bytes;
}

bool has_hex_prefix(std::string_view text) {
  return text.starts_with("0x") || text.starts_with("0X");
}

bool has_uuid_dashes(std::string_view text) {
  if (text.size() != kUuidTextLength) return false;
  return std::ranges::all_of(kUuidDashes, [&](size_t i) { return text[i] == '-'; });
}

std::optional<std::vector<uint8_t>> uuid_bytes(std::string_view text) {
  if (!has_uuid_dashes(text)) return std::nullopt;
  std::string digits(text);
  std::erase(digits, '-');
  return digits.size() == 2 * kUuidBytes ? hex_bytes(digits) : std::nullopt;
}

std::optional<std::vector<uint8_t>> integer_bytes(std::string_view text) {
  uint64_t value = 0;
  if (!is_digits(text)) return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  std::vector<uint8_t> bytes;
  do {
    bytes.insert(bytes.begin(), static_cast<uint8_t>(value));
    value >>= 8;
  } while (value != 0);
  return bytes;
}

// Length of the well-formed UTF-8 sequence that `bytes` starts with and its code point; 0 when
// there is none (Unicode 15, table 3-7: no overlong forms, no surrogates).
size_t utf8_sequence(const uint8_t* bytes, size_t size, uint32_t* code_point) {
  static constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const uint8_t lead = bytes[0];
  size_t length = 0;
  if (lead < 0x80) {
    length = 1;
  } else if (lead >= 0xC2 && lead < 0xE0) {
    length = 2;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    length = 3;
  } else if (lead >= 0xF0 && lead < 0xF5) {
    length = 4;
  }
  if (length == 0 || length > size) return 0;
  uint32_t value = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xC0) != 0x80) return 0;
    value = value << 6 | (bytes[i] & 0x3Fu);
  }
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (value < kLeast[length] || value > 0x10FFFF || surrogate) return 0;
  *code_point = value;
  return length;
}

bool is_printable_utf8(const std::vector<uint8_t>& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    uint32_t code_point = 0;
    const size_t length = utf8_sequence(bytes.data() + at, bytes.size() - at, &code_point);
    const bool control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
    if (length == 0 || control) return false;
    at += length;
  }
  return true;
}

std::string hex_text(const uint8_t* bytes, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

const char* type_name(Type type) {
  switch (type) {
    case Type::kInteger:
      return "integer";
    case Type::kHex:
      return "hex";
    case Type::kUuid:
      return "uuid";
    case Type::kText:
      return "text";
  }
  return "unknown";
}

Status validate(const Payload& payload) {
  const std::vector<uint8_t>& bytes = payload.bytes;
  if (bytes.empty()) return invalid_argument("[payload] ID: expected at least one byte, got none");
  switch (payload.type) {
    case Type::kInteger:
      if (bytes.size() > 8 || (bytes.size() > 1 && bytes[0] == 0)) {
        return invalid_argument("[payload] integer ID: expected 1 to 8 bytes, no leading zero");
      }
      return {};
    case Type::kUuid:
      if (bytes.size() != kUuidBytes) {
        return invalid_argument(
            fmt::format("[payload] UUID: expected 16 bytes, got {}", bytes.size()));
      }
      return {};
    case Type::kText:
      if (!is_printable_utf8(bytes)) {
        return invalid_argument("[payload] text ID: expected UTF-8 without control characters");
      }
      return {};
    case Type::kHex:
      return {};
  }
  return invalid_argument(
      fmt::format("[payload] type: expected 0 to 3, got {}", static_cast<int>(payload.type)));
}

Result<Payload> parse(std::string_view text) {
  if (has_hex_prefix(text)) return parse(text, Type::kHex);
  const bool leading_zero = text.size() > 1 && text[0] == '0';
  if (!leading_zero && integer_bytes(text)) return parse(text, Type::kInteger);
  if (uuid_bytes(text)) return parse(text, Type::kUuid);
  return parse(text, Type::kText);
}

Result<Payload> parse(std::string_view text, Type type) {
  std::optional<std::vector<uint8_t>> bytes;
  switch (type) {
    case Type::kInteger:
      bytes = integer_bytes(text);
      if (!bytes) return error("decimal digits up to 18446744073709551615", text);
      break;
    case Type::kHex:
      bytes = hex_bytes(has_hex_prefix(text) ? text.substr(2) : text);
      if (!bytes) return error("an even number of hex digits (or name the type: text)", text);
      break;
    case Type::kUuid:
      bytes = uuid_bytes(text);
      if (!bytes) return error("a UUID of 8-4-4-4-12 hex digits", text);
      break;
    case Type::kText:
      bytes.emplace(text.begin(), text.end());
      break;
  }
  Payload payload{type, std::move(bytes).value_or(std::vector<uint8_t>())};
  VSEAL_RETURN_IF_ERROR(validate(payload));
  return payload;
}

std::string format(const Payload& payload) {
  const uint8_t* bytes = payload.bytes.data();
  const size_t size = payload.bytes.size();
  switch (payload.type) {
    case Type::kInteger: {
      uint64_t value = 0;
      for (const uint8_t byte : payload.bytes) value = value << 8 | byte;
      return fmt::format("{}", value);
    }
    case Type::kHex:
      return "0x" + hex_text(bytes, size);
    case Type::kUuid: {
      std::string text = hex_text(bytes, size);
      for (const size_t dash : kUuidDashes) text.insert(std::min(dash, text.size()), 1, '-');
      return text;
    }
    case Type::kText:
      return {payload.bytes.begin(), payload.bytes.end()};
  }
  return {};
}

}  // namespace vseal::payload
