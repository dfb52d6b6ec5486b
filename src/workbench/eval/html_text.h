// Small pieces of HTML.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vseal::workbench::html {

// `text` with &, <, > and quotes replaced.
std::string escaped(std::string_view text);

// A JPEG file as an address of its own.
std::string jpeg_uri(std::span<const uint8_t> file);

// "99.97" of 0.9997; "100" for all of them alone, "0" for none.
std::string percent(double share);

// "8.6e-78", "0.031".
std::string probability(double p);

}  // namespace vseal::workbench::html
