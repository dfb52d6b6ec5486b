#include "watermark/scene.h"

#include <algorithm>
#include <cmath>

namespace vseal::watermark {
namespace {

constexpr double kFarApart = 0.08;
constexpr double kUnrelated = 0.75;  // of two unlike pictures of equal deviation it is above 1
constexpr double kGrain = 0.01;

double mean_deviation(std::span<const float> luma) {
  const double count = static_cast<double>(std::max<size_t>(luma.size(), 1));
  double mean = 0;
  for (const float v : luma) mean += v / count;
  double sum = 0;
  for (const float v : luma) sum += std::abs(v - mean);
  return sum / count;
}

}  // namespace

bool SceneDetector::begins(std::span<const float> luma) {
  if (first_.size() == luma.size()) {
    double sum = 0;
    for (size_t i = 0; i < luma.size(); ++i) sum += std::abs(luma[i] - first_[i]);
    const double difference = sum / static_cast<double>(std::max<size_t>(luma.size(), 1));
    if (difference <= std::min(kFarApart, kUnrelated * deviation_ + kGrain)) return false;
  }
  first_.assign(luma.begin(), luma.end());
  deviation_ = mean_deviation(luma);
  return true;
}

}  // namespace vseal::watermark
