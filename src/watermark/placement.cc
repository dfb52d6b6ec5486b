#include "watermark/placement.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace vseal::watermark {
namespace {

constexpr double kScaleStep = 1.045;
constexpr double kLeastScale = 0.3, kMostScale = 1.42;
constexpr double kTurnStep = 2.25, kMostTurn = 45.0;  // degrees

// Scales around 1 by kScaleStep, within the limits.
std::vector<double> scales(double least, double most) {
  std::vector<double> steps;
  const int first = static_cast<int>(std::ceil(std::log(least) / std::log(kScaleStep)));
  for (int i = first; std::pow(kScaleStep, i) <= most; ++i) {
    steps.push_back(std::pow(kScaleStep, i));
  }
  return steps;
}

// 0 left out.
std::vector<double> turns() {
  std::vector<double> degrees;
  for (double d = kTurnStep; d <= kMostTurn; d += kTurnStep) {
    degrees.push_back(d);
    degrees.push_back(-d);
  }
  return degrees;
}

}  // namespace

std::string Placement::text() const {
  return fmt::format("{}{} degrees, {:.3f} x {:.3f} of the picture", mirrored ? "mirrored, " : "",
                     fmt::format("{:.2f}", 90.0 * quarter_turns + degrees), scale_x, scale_y);
}

image::AffineMap canvas_to_frame(const Placement& placement, int side, int width, int height,
                                 int frame_width, int frame_height) {
  const bool on_side = placement.quarter_turns % 2 != 0;
  // The frame turned upright: what one pixel that the networks see is in it.
  const double upright_width = on_side ? frame_height : frame_width;
  const double upright_height = on_side ? frame_width : frame_height;
  const double unit_x = upright_width / (side * placement.scale_x);
  const double unit_y = upright_height / (side * placement.scale_y);
  const double angle =
      (90.0 * placement.quarter_turns + placement.degrees) * std::numbers::pi / 180.0;
  const double cosine = std::cos(angle), sine = std::sin(angle);
  image::AffineMap map;
  // Counter-clockwise on a screen, whose y points down: right goes up.
  map.xx = cosine * unit_x;
  map.xy = sine * unit_y;
  map.yx = -sine * unit_x;
  map.yy = cosine * unit_y;
  if (placement.mirrored) {
    map.xx = -map.xx;
    map.xy = -map.xy;
  }
  const double u = 0.5 * (width - 1) - placement.shift_x,
               v = 0.5 * (height - 1) - placement.shift_y;
  map.x0 = 0.5 * (frame_width - 1) - map.xx * u - map.xy * v;
  map.y0 = 0.5 * (frame_height - 1) - map.yx * u - map.yy * v;
  return map;
}

std::vector<Placement> upright_placements() {
  std::vector<Placement> all;
  for (int i = 1; i < 8; ++i) all.push_back({.mirrored = i >= 4, .quarter_turns = i % 4});
  return all;
}

std::vector<Placement> zoom_placements() {
  std::vector<Placement> all;
  for (const double s : scales(kLeastScale, kMostScale)) {
    all.push_back({.scale_x = s, .scale_y = s});
    if (s == 1.0) continue;
    all.push_back({.scale_x = s, .scale_y = 1});
    all.push_back({.scale_x = 1, .scale_y = s});
  }
  return all;
}

std::vector<Placement> turn_placements() {
  std::vector<Placement> all;
  for (const double d : turns()) all.push_back({.degrees = d});
  return all;
}

std::vector<Placement> crop_placements() {
  std::vector<Placement> all;
  for (const double x : scales(kLeastScale, kMostScale)) {
    for (const double y : scales(kLeastScale, kMostScale)) {
      if (x != y && x != 1.0 && y != 1.0) all.push_back({.scale_x = x, .scale_y = y});
    }
  }
  return all;
}

std::vector<Placement> turned_crop_placements() {
  std::vector<Placement> all;
  for (const double s : scales(0.4, kMostScale)) {
    if (s == 1.0) continue;
    for (const double d : turns()) all.push_back({.degrees = d, .scale_x = s, .scale_y = s});
  }
  return all;
}

std::vector<Placement> turned_upright_placements() {
  std::vector<Placement> all;
  for (Placement placement : upright_placements()) {
    for (const double d : turns()) {
      placement.degrees = d;
      all.push_back(placement);
    }
    placement.degrees = 0;
    for (const double s : scales(0.4, kMostScale)) {
      placement.scale_x = placement.scale_y = s;
      if (s != 1.0) all.push_back(placement);
    }
  }
  return all;
}

std::vector<Placement> inset_placements() {
  constexpr double kLeast = 1.45, kMost = 3.4;
  constexpr double kStride = 96;  // of windows of 256, in pixels that the networks see
  std::vector<Placement> all;
  for (const double s : scales(kLeast, kMost)) {
    const double reach = 128 * (s - 1);
    const int windows = static_cast<int>(std::ceil(2 * reach / kStride)) + 1;
    const double step = 2 * reach / (windows - 1);
    for (int row = 0; row < windows; ++row) {
      for (int column = 0; column < windows; ++column) {
        all.push_back({.scale_x = s,
                       .scale_y = s,
                       .shift_x = column * step - reach,
                       .shift_y = row * step - reach});
      }
    }
  }
  return all;
}

}  // namespace vseal::watermark
