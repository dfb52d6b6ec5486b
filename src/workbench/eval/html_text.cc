#include "workbench/eval/html_text.h"

#include <fmt/format.h>

#include <cmath>

namespace vseal::workbench::html {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Control characters have no place in a page.
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

std::string jpeg_uri(std::span<const uint8_t> file) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:image/jpeg;base64,";
  for (size_t i = 0; i < file.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < file.size() ? file[i + k] : 0U);
    for (size_t k = 0; k < 4; ++k) {
      out += i + k <= file.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string percent(double share) {
  if (share >= 1 || share <= 0) return share >= 1 ? "100" : "0";
  // Rounded down: what is lost must not round away.
  return fmt::format("{:.2f}", std::floor(share * 1e4) / 100);
}

std::string probability(double p) {
  return p < 1e-3 ? fmt::format("{:.1e}", p) : fmt::format("{:.3f}", p);
}

}  // namespace vseal::workbench::html
