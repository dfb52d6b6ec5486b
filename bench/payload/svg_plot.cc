#include "svg_plot.h"

#include <fmt/format.h>

#include <algorithm>

namespace vseal::bench {
namespace {

constexpr double kWidth = 420;  // of the plotted area, px
constexpr double kHeight = 280;
constexpr double kLeft = 60;
constexpr double kTop = 36;
constexpr double kPanelWidth = kLeft + kWidth + 20;
constexpr double kLegendTop = kTop + kHeight + 62;
constexpr double kLegendRow = 16;

std::string text(double x, double y, const char* anchor, const std::string& content) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     content);
}

std::string line(double x0, double y0, double x1, double y1, const std::string& style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x0, y0,
                     x1, y1, style);
}

std::string stroke(const Curve& curve) {
  return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"{}", curve.colour,
                     curve.dashed ? " stroke-dasharray=\"5 4\"" : "");
}

std::string axes(const Panel& panel) {
  const std::string grid = "stroke=\"#dddddd\"";
  std::string out;
  for (int step = 0; step <= 5; ++step) {
    const double y = kTop + kHeight * (1 - step / 5.0);
    out += line(kLeft, y, kLeft + kWidth, y, grid);
    out += text(kLeft - 6, y + 4, "end", fmt::format("{} %", 20 * step));
  }
  for (int step = 0; step * panel.x_step <= panel.x_max + 1e-9; ++step) {
    const double x = kLeft + kWidth * step * panel.x_step / panel.x_max;
    out += line(x, kTop, x, kTop + kHeight, grid);
    out +=
        text(x, kTop + kHeight + 16, "middle", fmt::format("{:.0f} %", 100 * step * panel.x_step));
  }
  out += text(kLeft + kWidth / 2, kTop - 12, "middle", panel.title);
  out += text(kLeft + kWidth / 2, kTop + kHeight + 36, "middle", panel.x_label);
  out += fmt::format(
      "<text transform=\"translate(14 {:.1f}) rotate(-90)\" "
      "text-anchor=\"middle\">{}</text>\n",
      kTop + kHeight / 2, panel.y_label);
  return out;
}

std::string curves(const Panel& panel) {
  std::string out;
  double legend_y = kLegendTop;
  for (const Curve& curve : panel.curves) {
    std::string points;
    for (const auto& [x, y] : curve.points) {
      points +=
          fmt::format("{:.1f},{:.1f} ", kLeft + kWidth * x / panel.x_max, kTop + kHeight * (1 - y));
    }
    out += fmt::format("<polyline points=\"{}\" {}/>\n", points, stroke(curve));
    out += line(kLeft + 10, legend_y - 4, kLeft + 38, legend_y - 4, stroke(curve));
    out += text(kLeft + 44, legend_y, "start", curve.label);
    legend_y += kLegendRow;
  }
  return out;
}

}  // namespace

std::string svg_plot(const std::vector<Panel>& panels) {
  const double width = kPanelWidth * static_cast<double>(panels.size());
  size_t rows = 0;
  for (const Panel& panel : panels) rows = std::max(rows, panel.curves.size());
  const double height = kLegendTop + kLegendRow * static_cast<double>(rows);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0f}\" height=\"{:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"white\"/>\n",
      width, height);
  for (size_t i = 0; i < panels.size(); ++i) {
    out += fmt::format("<g transform=\"translate({:.0f} 0)\">\n",
                       kPanelWidth * static_cast<double>(i));
    out += axes(panels[i]) + curves(panels[i]) + "</g>\n";
  }
  return out + "</svg>\n";
}

}  // namespace vseal::bench
