#include "image/resize_filter.h"

#include <algorithm>
#include <cmath>

namespace vseal::image {
namespace {

ResizeFilter make_plain(int in, int out) {
  ResizeFilter filter;
  filter.taps = 2;
  for (int o = 0; o < out; ++o) {
    const double centre = source_position(o, in, out);
    const int first = std::min(static_cast<int>(centre), std::max(in - 2, 0));
    const double part = centre - first;
    filter.first.push_back(first);
    filter.count.push_back(std::min(2, in));
    filter.weights.push_back(static_cast<float>(1.0 - part));
    filter.weights.push_back(static_cast<float>(part));
  }
  return filter;
}

ResizeFilter make_triangle(int in, int out) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0);
  ResizeFilter filter;
  filter.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  filter.weights.resize(static_cast<size_t>(out) * filter.taps);
  for (int o = 0; o < out; ++o) {
    const double centre = scale * (o + 0.5);
    const int first = std::max(static_cast<int>(std::floor(centre - support + 0.5)), 0);
    const int count = std::min(static_cast<int>(std::floor(centre + support + 0.5)), in) - first;
    std::vector<double> weights(static_cast<size_t>(count));
    double total = 0;
    for (int i = 0; i < count; ++i) {
      const double distance = std::abs((first + i + 0.5 - centre) / support);
      total += weights[static_cast<size_t>(i)] = std::max(1.0 - distance, 0.0);
    }
    for (int i = 0; i < count; ++i) {
      filter.weights[static_cast<size_t>(o) * filter.taps + i] =
          static_cast<float>(weights[static_cast<size_t>(i)] / total);
    }
    filter.first.push_back(first);
    filter.count.push_back(count);
  }
  return filter;
}

}  // namespace

ResizeFilter make_resize_filter(int in, int out, Resampling resampling) {
  return resampling == Resampling::kPlain ? make_plain(in, out) : make_triangle(in, out);
}

double source_position(int i, int in, int out) {
  return std::clamp((i + 0.5) * in / out - 0.5, 0.0, in - 1.0);
}

}  // namespace vseal::image
