#include "watermark/bit_weights.h"

#include <algorithm>
#include <cmath>

namespace vseal::watermark {
namespace {

struct Push {
  float gain;
  float most;
};
constexpr Push kFirst{0.6f, 3.0f};
constexpr Push kLater{0.3f, 4.0f};

// A detector that sees nothing has a mean margin about zero, by which nothing can be divided.
constexpr double kLeastMeanMargin = 0.1;

void normalise_rms(std::span<float> values) {
  double sum = 0;
  for (const float v : values) sum += double{v} * v;
  const double rms = std::sqrt(sum / static_cast<double>(values.size()));
  if (rms <= 0) return;
  for (float& v : values) v = static_cast<float>(v / rms);
}

}  // namespace

void BitWeights::reset(std::span<const float> message) {
  message_.assign(message.begin(), message.end());
  weighted_ = message_;
  weights_.assign(message.size(), 1.0f);
  pushes_ = 0;
}

void BitWeights::push(std::span<const float> logits) {
  double sum = 0;
  for (size_t i = 0; i < weights_.size(); ++i) sum += logits[i] * message_[i];
  const double mean = std::max(sum / static_cast<double>(weights_.size()), kLeastMeanMargin);
  const Push push = pushes_++ == 0 ? kFirst : kLater;
  for (size_t i = 0; i < weights_.size(); ++i) {
    const float margin = logits[i] * message_[i] / static_cast<float>(mean);
    weights_[i] = std::clamp(weights_[i] + push.gain * (1.0f - margin), 0.0f, push.most);
  }
  normalise_rms(weights_);
  for (size_t i = 0; i < weights_.size(); ++i) weighted_[i] = message_[i] * weights_[i];
}

}  // namespace vseal::watermark
