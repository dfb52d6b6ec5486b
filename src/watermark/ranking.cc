#include "watermark/ranking.h"

#include <algorithm>
#include <cmath>

namespace vseal::watermark {
namespace {

constexpr size_t kFewest = 8;
constexpr double kTrimmed = 0.2;
constexpr int kRounds = 3;
constexpr double kPriorWeight = 0.05;  // of a slope of 1: squared logs of noise
constexpr double kLeastDeviation = 0.02;
constexpr double kSilence = 1e-9;

struct Line {
  double offset = 0;
  double slope = 1;
  double at(double x) const { return offset + slope * x; }
};

struct Point {
  double x = 0;
  double y = 0;
};

Line fit(std::span<const Point> points) {
  double mean_x = 0, mean_y = 0;
  for (const Point& p : points) {
    mean_x += p.x / static_cast<double>(points.size());
    mean_y += p.y / static_cast<double>(points.size());
  }
  double xx = kPriorWeight, xy = kPriorWeight;
  for (const Point& p : points) {
    xx += (p.x - mean_x) * (p.x - mean_x);
    xy += (p.x - mean_x) * (p.y - mean_y);
  }
  const double slope = xy / xx;
  return {mean_y - slope * mean_x, slope};
}

}  // namespace

double clarity(std::span<const float> logits) {
  double magnitudes = 0, squares = 0, fourths = 0;
  for (const float logit : logits) {
    const double square = static_cast<double>(logit) * logit;
    magnitudes += std::fabs(logit);
    squares += square;
    fourths += square * square;
  }
  const double count = static_cast<double>(logits.size());
  if (!(fourths > 0)) return std::log(kSilence);
  return std::log(std::max(magnitudes / count, kSilence)) + squares * squares / (count * fourths);
}

std::vector<double> standing_out(std::span<const Answer> all) {
  std::vector<double> out(all.size(), 0.0);
  if (all.size() < kFewest) return out;
  std::vector<Point> points;
  for (const Answer& one : all) {
    points.push_back({std::log(std::max(one.noise, kSilence)), one.clarity});
  }
  std::vector<Point> kept = points;
  Line line = fit(kept);
  const auto above = [&](const Point& p) { return p.y - line.at(p.x); };
  for (int round = 0; round < kRounds; ++round) {
    kept = points;
    std::ranges::sort(kept, {}, above);
    kept.resize(kept.size() - static_cast<size_t>(kTrimmed * static_cast<double>(kept.size())));
    line = fit(kept);
  }
  double squares = 0;
  for (const Point& p : kept) squares += above(p) * above(p);
  const double deviation =
      std::max(std::sqrt(squares / static_cast<double>(kept.size())), kLeastDeviation);
  for (size_t i = 0; i < out.size(); ++i) out[i] = above(points[i]) / deviation;
  return out;
}

}  // namespace vseal::watermark
