// Line plots side by side, as SVG text.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vseal::bench {

struct Curve {
  std::string label;
  std::string colour;  // of CSS
  bool dashed = false;
  std::vector<std::pair<double, double>> points;  // x in [0, Panel::x_max], y in [0, 1]
};

struct Panel {
  std::string title;
  std::string x_label;
  std::string y_label;
  double x_max = 1;
  double x_step = 0.1;  // between ticks
  std::vector<Curve> curves;
};

std::string svg_plot(const std::vector<Panel>& panels);

}  // namespace vseal::bench
