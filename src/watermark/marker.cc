#include "watermark/marker.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "image/metrics.h"
#include "image/resize.h"
#include "image/rgb_error.h"
#include "watermark/strength_search.h"

namespace vseal::watermark {
namespace {

constexpr int kPictureInput = 0;
constexpr int kMessageInput = 1;

constexpr double kLeastEnergy = 1e-12;
constexpr float kLeastPsnr = 25.0f, kMostPsnr = 60.0f;  // dB

class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  Stopwatch(const Stopwatch&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

float picture_gain(const models::Card& card, std::span<const float> heat) {
  if (card.gain_exponent == 0.0f || heat.empty()) return 1.0f;
  const float rms = std::max(image::heatmap_rms(heat), 1e-6f);
  return std::clamp(std::pow(card.gain_reference / rms, card.gain_exponent), 0.6f, 2.0f);
}

// Makes values differ by up to 1 %. Where a picture is flat the residual has two values, so all of
// it rounds up or down at once: at some strengths the PSNR of 8-bit samples would jump by a
// decibel.
void spread(std::span<float> residual) {
  constexpr float kShare = 0.02f;
  for (size_t i = 0; i < residual.size(); ++i) {
    // Fractions of multiples of the golden ratio: evenly spread, and nothing that repeats.
    const uint32_t golden = static_cast<uint32_t>(i) * 2654435769U;
    const float fraction = static_cast<float>(golden >> 8) / static_cast<float>(1U << 24);
    residual[i] *= 1.0f + kShare * (fraction - 0.5f);
  }
}

Status check_options(const MarkerOptions& options) {
  if (!(options.strength >= 0.1f && options.strength <= 8.0f)) {
    return invalid_argument("strength: expected 0.1 to 8, got " + std::to_string(options.strength));
  }
  const float psnr = options.psnr_db.value_or(kMostPsnr);
  if (!(psnr >= kLeastPsnr && psnr <= kMostPsnr)) {
    return invalid_argument("psnr: expected 25 to 60 dB, got " + std::to_string(psnr));
  }
  if (options.psnr_db.has_value() && options.scaling_w.has_value()) {
    return invalid_argument("psnr and scaling_w: expected one of them, got both");
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
  const models::Card& card = networks->card();
  VSEAL_ASSIGN_OR_RETURN(const auto embedder, networks->embedder());
  VSEAL_ASSIGN_OR_RETURN(marker->embedder_, engine::Session::create(embedder, pool));
  if (card.real_valued_message && options.feedback_passes > 0) {
    VSEAL_ASSIGN_OR_RETURN(const auto detector, networks->detector());
    VSEAL_ASSIGN_OR_RETURN(marker->detector_, engine::Session::create(detector, pool));
  }
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
  scene_.reset();
  look_ = {};
  cost_ = {};
  looked_ = false;
  return {};
}

Status Marker::look(const FrameView& frame) {
  if (message_.empty()) return invalid_argument("[marker] look: expected set_message before it");
  VSEAL_RETURN_IF_ERROR(check_size(frame));
  VSEAL_RETURN_IF_ERROR(see(frame));
  if (scene_.begins(picture_.luma)) {
    VSEAL_RETURN_IF_ERROR(begin_scene(frame));
  } else {
    VSEAL_RETURN_IF_ERROR(embed());
  }
  looked_ = true;
  return {};
}

// What the embedder sees of a frame, and how strong the card would have its mark.
Status Marker::see(const FrameView& frame) {
  const models::Card& card = networks_->card();
  const int side = card.processing_size;
  VSEAL_RETURN_IF_ERROR(
      picture_.see(frame, side, card.embedder_channels == 3, options_.resampling, pool_));
  if (!heat_.empty()) {
    VSEAL_RETURN_IF_ERROR(image::heatmap(picture_.luma, side, side, heatmap_, heat_, pool_));
  }
  const float scaling = options_.scaling_w.value_or(options_.strength * card.strength);
  plain_strength_ = double{scaling} * picture_gain(card, heat_);
  std::ranges::copy(picture_.channels(card.embedder_channels),
                    embedder_->input(kPictureInput).begin());
  return {};
}

// Finds what serves a whole scene: the weights of the bits, and the strength where a PSNR is asked.
Status Marker::begin_scene(const FrameView& frame) {
  ++cost_.scenes;
  weights_.reset(message_);
  factor_ = 1;
  VSEAL_RETURN_IF_ERROR(embed());
  const bool feedback = card().real_valued_message && options_.feedback_passes > 0;
  if (options_.psnr_db.has_value() && feedback) {
    // Roughly there, so that the detector reads about what will be written.
    VSEAL_ASSIGN_OR_RETURN(const double psnr, try_factor(frame, 1.0));
    factor_ = std::clamp(std::pow(10.0, (psnr - *options_.psnr_db) / 20), 1.0 / 64, 64.0);
    look_.strength = static_cast<float>(factor_ * plain_strength_);
  }
  if (feedback) VSEAL_RETURN_IF_ERROR(give_feedback(frame));
  return options_.psnr_db.has_value() ? reach_psnr(frame) : Status();
}

image::Attenuation Marker::attenuation() const {
  if (heat_.empty()) return image::Attenuation::kNone;
  return options_.jnd == JndResolution::kLow ? image::Attenuation::kLow
                                             : image::Attenuation::kNative;
}

Status Marker::embed() {
  std::ranges::copy(weights_.weighted(), embedder_->input(kMessageInput).begin());
  VSEAL_RETURN_IF_ERROR(embedder_->run());
  look_.residual.assign(embedder_->output(0).begin(), embedder_->output(0).end());
  if (options_.psnr_db.has_value()) spread(look_.residual);
  look_.strength = static_cast<float>(factor_ * plain_strength_);
  return {};
}

// Reads the marked frame back and pushes on the weak bits, pass by pass, at the energy that the
// mark had before.
Status Marker::give_feedback(const FrameView& frame) {
  const Stopwatch watch(cost_.feedback_s);
  const double first_energy = energy(), first_factor = factor_;
  for (int pass = 0; pass < options_.feedback_passes; ++pass) {
    VSEAL_RETURN_IF_ERROR(read_back(frame));
    weights_.push(detector_->output(0));
    VSEAL_RETURN_IF_ERROR(embed());
    factor_ = first_factor * std::sqrt(first_energy / std::max(energy(), kLeastEnergy));
    look_.strength = static_cast<float>(factor_ * plain_strength_);
    ++cost_.passes;
  }
  return {};
}

// Of the attenuated residual at the networks' size, before the strength.
double Marker::energy() const {
  const size_t channels = look_.residual.size() / picture_.luma.size();
  double sum = 0;
  for (size_t i = 0; i < look_.residual.size(); ++i) {
    const double heat = heat_.empty() ? 1.0 : heat_[i / channels];
    sum += heat * heat * look_.residual[i] * look_.residual[i];
  }
  return sum;
}

// The frame as blend() will leave it, in memory that lasts until the next call.
Result<FrameView> Marker::rehearse(const FrameView& frame) {
  const image::CopiedPlanes planes =
      card().embedder_channels == 1 ? image::CopiedPlanes::kLuma : image::CopiedPlanes::kAll;
  FrameView marked = trial_.take(frame, planes);
  VSEAL_RETURN_IF_ERROR(blend(marked, look_));
  return marked;
}

Status Marker::read_back(const FrameView& frame) {
  const int side = card().processing_size;
  VSEAL_ASSIGN_OR_RETURN(const FrameView marked, rehearse(frame));
  const auto resize = card().detector_channels == 3 ? image::resize_rgb : image::resize_luma;
  VSEAL_RETURN_IF_ERROR(
      resize(marked, side, side, detector_->input(0), pool_, options_.resampling));
  return detector_->run();
}

// The PSNR of the frame if it were marked with this factor.
Result<double> Marker::try_factor(const FrameView& frame, double factor) {
  const Stopwatch watch(cost_.tries_s);
  ++cost_.tries;
  look_.strength = static_cast<float>(factor * plain_strength_);
  VSEAL_ASSIGN_OR_RETURN(const FrameView marked, rehearse(frame));
  VSEAL_ASSIGN_OR_RETURN(const double mse, image::rgb_squared_error(frame, marked, pool_));
  return image::psnr_db(mse);
}

Status Marker::reach_psnr(const FrameView& frame) {
  VSEAL_ASSIGN_OR_RETURN(const FoundStrength found,
                         find_strength({.target_db = *options_.psnr_db}, factor_,
                                       [&](double factor) { return try_factor(frame, factor); }));
  factor_ = found.factor;
  look_.strength = static_cast<float>(factor_ * plain_strength_);
  return {};
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
