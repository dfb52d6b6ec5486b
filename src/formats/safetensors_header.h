// The JSON header of a safetensors file, before its claims are checked against the data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace vseal::formats {

// What the header says of one tensor. Extents and offsets are unchecked.
struct HeaderEntry {
  std::string name;
  std::string type;
  std::vector<int64_t> dims;
  uint64_t begin = 0;  // into the data after the header
  uint64_t end = 0;
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<HeaderEntry> entries;  // in the file's order, names unique
};

inline constexpr size_t kMaxRank = 8;

// Reads {"__metadata__": {name: text}, NAME: {"dtype", "shape", "data_offsets"}, ...}. Anything
// else stops the reader at once, so memory stays within a small factor of the text's length.
Result<Header> parse_header(std::string_view json);

}  // namespace vseal::formats
