// Plots of an evaluation as SVG.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "workbench/eval/score.h"

namespace vseal::workbench::html {

// A bar of `share` between `from` and 1, `colour` being a class of the page's style; `tick` marks
// another share.
std::string bar(double share, double from, const char* colour, std::optional<double> tick);

// One family of attacks that differ in their number alone: "jpeg:40", "jpeg:60", ...
struct Curve {
  std::string name;       // "jpeg"
  std::string parameter;  // what the number is
  struct Point {
    double x;
    AttackSummary summary;
  };
  std::vector<Point> points;  // by x
};

// The families of at least three members among attacks of one step.
std::vector<Curve> find_curves(std::span<const AttackSummary> attacks);

// Mean and worst bit accuracy and the share of exact IDs over the number.
std::string plot(const Curve& curve);

}  // namespace vseal::workbench::html
