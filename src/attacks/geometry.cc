#include "attacks/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vseal::attacks {
namespace {

constexpr size_t kUnknowns = 8;
using System = std::array<std::array<double, kUnknowns + 1>, kUnknowns>;  // [equation][unknown, =]

// Gauss and Jordan with row exchanges.
std::array<double, kUnknowns> solve(System a) {
  for (size_t column = 0; column < kUnknowns; ++column) {
    size_t pivot = column;
    for (size_t row = column + 1; row < kUnknowns; ++row) {
      if (std::abs(a[row][column]) > std::abs(a[pivot][column])) pivot = row;
    }
    std::swap(a[column], a[pivot]);
    for (size_t row = 0; row < kUnknowns; ++row) {
      if (row == column) continue;
      const double share = a[row][column] / a[column][column];
      for (size_t k = column; k <= kUnknowns; ++k) a[row][k] -= share * a[column][k];
    }
  }
  std::array<double, kUnknowns> x{};
  for (size_t row = 0; row < kUnknowns; ++row) x[row] = a[row][kUnknowns] / a[row][row];
  return x;
}

}  // namespace

media::Homography turn_about_centre(int width, int height, double degrees, double scale) {
  const double angle = degrees * std::numbers::pi / 180;
  const double c = std::cos(angle) / scale;
  const double s = std::sin(angle) / scale;
  const double x = (width - 1) / 2.0;
  const double y = (height - 1) / 2.0;
  // Rows grow downwards: the input of a counter-clockwise turn lies clockwise.
  return {c, -s, x - c * x + s * y, s, c, y - s * x - c * y, 0, 0, 1};
}

media::Homography homography(const Corners& from, const Corners& to) {
  System a{};
  for (size_t i = 0; i < from.size(); ++i) {
    const auto [x, y] = from[i];
    const auto [u, v] = to[i];
    a[2 * i] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
    a[2 * i + 1] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
  }
  const std::array<double, kUnknowns> h = solve(a);
  return {h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1};
}

}  // namespace vseal::attacks
