#include "watermark/marker.h"

#include <algorithm>
#include <cmath>

namespace vseal::watermark {
namespace {

constexpr int kPictureInput = 0;
constexpr int kMessageInput = 1;

// Feedback rule: the weight of bit i moves by the gain times how far its margin lies below the mean
// margin. The first pass starts at weight 1; later ones add to what is there, more gently.
constexpr float kFirstGain = 0.6f;
constexpr float kLaterGain = 0.3f;
constexpr float kMaxWeight = 4.0f;

// Mean absolute difference of two looks' luma beyond which they are different scenes.
constexpr double kSceneThreshold = 0.08;

float picture_gain(const models::Card& card, std::span<const float> heat) {
  if (card.gain_exponent == 0.0f || heat.empty()) return 1.0f;
  const float rms = std::max(image::heatmap_rms(heat), 1e-6f);
  return std::clamp(std::pow(card.gain_reference / rms, card.gain_exponent), 0.6f, 2.0f);
}

void normalise_rms(std::span<float> values) {
  double sum = 0;
  for (const float v : values) sum += double{v} * v;
  const double rms = std::sqrt(sum / static_cast<double>(values.size()));
  if (rms <= 0) return;
  for (float& v : values) v = static_cast<float>(v / rms);
}

Status check_options(const MarkerOptions& options) {
  if (!(options.strength >= 0.1f && options.strength <= 8.0f)) {
    return invalid_argument("strength: expected 0.1 to 8, got " + std::to_string(options.strength));
  }
  const float scaling = options.scaling_w.value_or(1.0f);
  if (scaling > 0.0f && scaling <= 100.0f) return {};
  return invalid_argument("scaling_w: expected above 0 to 100, got " + std::to_string(scaling));
}

Status check_size(const FrameView& frame) {
  if (std::min(frame.width(), frame.height()) >= kMinSide) return {};
  return unsupported("too small: expected at least " + std::to_string(kMinSide) + "x" +
                     std::to_string(kMinSide) + " pixels, got " + std::to_string(frame.width()) +
                     "x" + std::to_string(frame.height()));
}

}  // namespace

Result<std::unique_ptr<Marker>> Marker::create(std::shared_ptr<const Networks> networks,
                                               ThreadPool* pool, const MarkerOptions& options) {
  VSEAL_RETURN_IF_ERROR(check_options(options));
  std::unique_ptr<Marker> marker(new Marker());
  VSEAL_ASSIGN_OR_RETURN(marker->embedder_, engine::Session::create(networks->embedder(), pool));
  VSEAL_ASSIGN_OR_RETURN(marker->detector_, engine::Session::create(networks->detector(), pool));
  const models::Card& card = networks->card();
  marker->heatmap_ = {card.heatmap.low_gain, card.heatmap.low_offset,
                      card.heatmap.replicate_sobel_border};
  const size_t pixels = static_cast<size_t>(card.processing_size) * card.processing_size;
  if (card.attenuation == models::Attenuation::kJnd) marker->heat_.resize(pixels);
  marker->networks_ = std::move(networks);
  marker->pool_ = pool;
  marker->options_ = options;
  return marker;
}

Status Marker::set_message(std::span<const float> message) {
  const size_t bits = static_cast<size_t>(networks_->card().bits);
  if (message.size() != bits) {
    return invalid_argument("[marker] message: expected " + std::to_string(bits) + " values, got " +
                            std::to_string(message.size()));
  }
  message_.assign(message.begin(), message.end());
  weights_.assign(bits, 1.0f);
  weighted_ = message_;
  scene_luma_.clear();
  look_ = {};
  looked_ = false;
  return {};
}

Status Marker::look(const FrameView& frame) {
  if (message_.empty()) return invalid_argument("[marker] look: expected set_message before it");
  VSEAL_RETURN_IF_ERROR(check_size(frame));
  const models::Card& card = networks_->card();
  const int side = card.processing_size;
  const bool coloured =
      card.embedder_channels == 3 || (gives_feedback() && card.detector_channels == 3);
  VSEAL_RETURN_IF_ERROR(picture_.see(frame, side, coloured, options_.resampling, pool_));
  if (!heat_.empty()) {
    VSEAL_RETURN_IF_ERROR(image::heatmap(picture_.luma, side, side, heatmap_, heat_, pool_));
  }
  const float scaling = options_.scaling_w.value_or(options_.strength * card.strength);
  look_.strength = scaling * picture_gain(card, heat_);
  std::ranges::copy(picture_.channels(card.embedder_channels),
                    embedder_->input(kPictureInput).begin());
  VSEAL_RETURN_IF_ERROR(refine_message());
  looked_ = true;
  return {};
}

bool Marker::gives_feedback() const {
  return networks_->card().real_valued_message && options_.feedback_passes > 0;
}

image::Attenuation Marker::attenuation() const {
  if (heat_.empty()) return image::Attenuation::kNone;
  return options_.jnd == JndResolution::kLow ? image::Attenuation::kLow
                                             : image::Attenuation::kNative;
}

Status Marker::embed(std::span<const float> weighted_message) {
  std::ranges::copy(weighted_message, embedder_->input(kMessageInput).begin());
  VSEAL_RETURN_IF_ERROR(embedder_->run());
  look_.residual.assign(embedder_->output(0).begin(), embedder_->output(0).end());
  return {};
}

bool Marker::scene_changed() const {
  if (scene_luma_.empty()) return true;
  double sum = 0;
  for (size_t i = 0; i < picture_.luma.size(); ++i)
    sum += std::abs(picture_.luma[i] - scene_luma_[i]);
  return sum > kSceneThreshold * static_cast<double>(picture_.luma.size());
}

// Runs the embedder; at the start of a scene also reads the result back and pushes on the weak
// bits.
Status Marker::refine_message() {
  if (!gives_feedback() || !scene_changed()) return embed(weighted_);
  scene_luma_ = picture_.luma;
  weights_.assign(message_.size(), 1.0f);
  VSEAL_RETURN_IF_ERROR(embed(message_));
  std::vector<float> margins(message_.size());
  for (int pass = 0; pass < options_.feedback_passes; ++pass) {
    VSEAL_RETURN_IF_ERROR(read_back());
    const std::span<const float> logits = detector_->output(0);
    double mean = 0;
    for (size_t i = 0; i < margins.size(); ++i) mean += margins[i] = logits[i] * message_[i];
    mean = std::max(mean / static_cast<double>(margins.size()), 0.1);
    const float gain = pass == 0 ? kFirstGain : kLaterGain;
    for (size_t i = 0; i < margins.size(); ++i) {
      const float moved = weights_[i] + gain * (1.0f - margins[i] / static_cast<float>(mean));
      weights_[i] = std::clamp(moved, 0.0f, kMaxWeight);
    }
    normalise_rms(weights_);
    for (size_t i = 0; i < margins.size(); ++i) weighted_[i] = message_[i] * weights_[i];
    VSEAL_RETURN_IF_ERROR(embed(weighted_));
  }
  return {};
}

// Marks the small picture as blend() would and lets the detector read it.
Status Marker::read_back() {
  mark_small(picture_, look_.residual, heat_, look_.strength, card().detector_channels,
             detector_->input(0));
  return detector_->run();
}

Status Marker::blend(FrameView& frame) {
  if (!looked_) return invalid_argument("[marker] blend: expected a look before it");
  return blend(frame, look_);
}

Status Marker::blend(FrameView& frame, const Look& look) {
  VSEAL_RETURN_IF_ERROR(check_size(frame));
  const image::Residual residual{look.residual, card().processing_size, card().embedder_channels};
  return image::blend(frame, residual,
                      {look.strength, attenuation(), heatmap_, options_.resampling}, pool_);
}

Look interpolate(const Look& first, const Look& second, float weight) {
  Look mixed{first.residual, 1.0f};
  const float own = (1.0f - weight) * first.strength, next = weight * second.strength;
  for (size_t i = 0; i < mixed.residual.size(); ++i) {
    mixed.residual[i] = own * first.residual[i] + next * second.residual[i];
  }
  return mixed;
}

}  // namespace vseal::watermark
