#include "workbench/eval/html_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "attacks/attack.h"
#include "workbench/eval/html_text.h"

namespace vseal::workbench::html {
namespace {

constexpr size_t kFewestPoints = 3;

constexpr double kBarWidth = 150;
constexpr double kBarHeight = 14;

constexpr double kWidth = 312;
constexpr double kHeight = 196;
constexpr double kLeft = 34;
constexpr double kRight = 12;
constexpr double kTop = 26;
constexpr double kBottom = 34;
constexpr double kLabelWidth = 26;  // x labels closer than this are left out

double y_of(double share) { return kTop + (1 - share) * (kHeight - kTop - kBottom); }

// Where a value lies between the curve's ends.
double x_of(const Curve& curve, double x) {
  const double first = curve.points.front().x, last = curve.points.back().x;
  return kLeft + 6 + (x - first) / (last - first) * (kWidth - kLeft - kRight - 12);
}

std::string grid() {
  std::string svg;
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    svg +=
        fmt::format(R"(<line class="grid" x1="{0}" y1="{1:.1f}" x2="{2}" y2="{1:.1f}"/>)"
                    R"(<text class="tick" x="{3}" y="{4:.1f}" text-anchor="end">{5:.0f}</text>)",
                    kLeft, y_of(share), kWidth - kRight, kLeft - 6, y_of(share) + 3.5, 100 * share);
  }
  return svg;
}

std::string x_labels(const Curve& curve) {
  std::string svg;
  double last = -kLabelWidth;
  for (const Curve::Point& point : curve.points) {
    const double x = x_of(curve, point.x);
    if (x - last < kLabelWidth) continue;
    last = x;
    svg +=
        fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{:g}</text>)",
                    x, kHeight - kBottom + 15, point.x);
  }
  return svg;
}

using ValueOf = std::function<double(const AttackSummary&)>;

std::string line(const Curve& curve, const char* colour, bool dots, const ValueOf& value) {
  std::string path, marks;
  for (const Curve::Point& point : curve.points) {
    const double x = x_of(curve, point.x), y = y_of(value(point.summary));
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, y);
    if (!dots) continue;
    marks += fmt::format(
        R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="2.6"><title>{}: {} %</title></circle>)",
        colour, x, y, escaped(point.summary.attack), percent(value(point.summary)));
  }
  return fmt::format(R"(<polyline class="{}" points="{}"/>)", colour, path) + marks;
}

}  // namespace

std::string bar(double share, double from, const char* colour, std::optional<double> tick) {
  const auto width = [&](double value) {
    return kBarWidth * std::clamp((value - from) / (1 - from), 0.0, 1.0);
  };
  std::string svg = fmt::format(
      R"(<svg class="bar" width="{0}" height="{1}" viewBox="0 0 {0} {1}" aria-hidden="true">)"
      R"(<rect class="track" x="0" y="3" width="{0}" height="8"/>)"
      R"(<rect class="{2}" x="0" y="3" width="{3:.1f}" height="8"/>)",
      kBarWidth, kBarHeight, colour, width(share));
  if (tick.has_value()) {
    svg += fmt::format(R"(<rect class="worst" x="{:.1f}" y="0" width="2" height="{}"/>)",
                       std::min(width(*tick), kBarWidth - 2), kBarHeight);
  }
  return svg + "</svg>";
}

std::vector<Curve> find_curves(std::span<const AttackSummary> attacks) {
  std::vector<Curve> curves;
  for (const AttackSummary& summary : attacks) {
    const auto attack = attacks::parse_attack(summary.attack);
    if (!attack.ok() || attack->steps.size() != 1 || summary.files == 0) continue;
    const attacks::AttackStep& step = attack->steps.front();
    if (step.type->parameter == nullptr) continue;
    auto own = std::ranges::find(curves, step.type->name, &Curve::name);
    if (own == curves.end()) {
      own = curves.insert(curves.end(), Curve{step.type->name, step.type->parameter, {}});
    }
    own->points.push_back({step.value, summary});
  }
  std::erase_if(curves, [](const Curve& c) { return c.points.size() < kFewestPoints; });
  for (Curve& curve : curves) std::ranges::sort(curve.points, {}, &Curve::Point::x);
  return curves;
}

std::string plot(const Curve& curve) {
  std::string svg =
      fmt::format(R"(<svg class="plot" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img">)"
                  R"(<title>{2}</title><text class="name" x="{3}" y="15">{2}</text>)",
                  kWidth, kHeight, escaped(curve.name), kLeft);
  svg += grid() + x_labels(curve);
  svg += fmt::format(R"(<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>)",
                     kWidth - kRight, kHeight - 4, escaped(curve.parameter));
  svg += line(curve, "worst-line", false, [](const AttackSummary& a) { return a.worst_accuracy; });
  if (curve.points.front().summary.id_rate.has_value()) {
    svg +=
        line(curve, "id-line", true, [](const AttackSummary& a) { return a.id_rate.value_or(0); });
  }
  svg += line(curve, "bits-line", true, [](const AttackSummary& a) { return a.accuracy; });
  return svg + "</svg>";
}

}  // namespace vseal::workbench::html
