#include "workbench/check.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "image/metrics.h"
#include "watermark/marker.h"
#include "watermark/reader.h"

namespace vseal::workbench {
namespace {

constexpr int kWidth = 768;
constexpr int kHeight = 512;
constexpr double kAccept = 1e-9;

// A sound generator of fixed numbers: splitmix64.
class Numbers {
 public:
  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_ = 1;
};

// Three waves of falling wavelength, a bright disc and fine noise, in three colours: something of
// all that pictures have.
std::vector<uint8_t> known_picture() {
  std::vector<uint8_t> rgb(size_t{3} * kWidth * kHeight);
  Numbers noise;
  size_t i = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double u = static_cast<double>(x) / kWidth, v = static_cast<double>(y) / kHeight;
      const double waves =
          std::sin(5 * u + 3 * v) + 0.5 * std::sin(40 * u * v) + 0.25 * std::sin(150 * u - 90 * v);
      const double disc = std::hypot(u - 0.6, (v - 0.4) * kHeight / kWidth) < 0.15 ? 40 : 0;
      const double grain = 24 * (noise.uniform() - 0.5);
      for (int c = 0; c < 3; ++c) {
        const double value = 110 + 35 * waves * (1 - 0.2 * c) + 30 * v * c + disc + grain;
        rgb[i++] = static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
      }
    }
  }
  return rgb;
}

FrameView view_of(std::vector<uint8_t>& rgb) {
  FrameView frame{.planes = {}, .plane_count = 3, .model = ColorModel::kRgb};
  for (int c = 0; c < 3; ++c) {
    frame.planes[static_cast<size_t>(c)] = {rgb.data() + c, kWidth, kHeight, 3 * kWidth, 3, 8};
  }
  return frame;
}

// Chance that at least `right` of `bits` fair coins fall right.
double binomial_tail(int bits, int right) {
  double sum = 0;
  for (int k = right; k <= bits; ++k) {
    sum += std::exp(std::lgamma(bits + 1.0) - std::lgamma(k + 1.0) - std::lgamma(bits - k + 1.0) -
                    bits * std::log(2.0));
  }
  return std::min(sum, 1.0);
}

}  // namespace

Result<CheckReport> check_model(const std::shared_ptr<const watermark::Networks>& networks,
                                ThreadPool& pool) {
  CheckReport report;
  report.bits = networks->card().bits;
  Numbers numbers;
  std::vector<float> message(static_cast<size_t>(report.bits));
  for (float& value : message) value = (numbers.next() & 1) != 0 ? 1.0f : -1.0f;
  const std::vector<uint8_t> original = known_picture();
  std::vector<uint8_t> marked = original, before = original;
  FrameView frame = view_of(marked);
  VSEAL_ASSIGN_OR_RETURN(const auto marker,
                         watermark::Marker::create(networks, &pool, {.feedback_passes = 0}));
  VSEAL_RETURN_IF_ERROR(marker->set_message(message));
  VSEAL_RETURN_IF_ERROR(marker->look(frame));
  VSEAL_RETURN_IF_ERROR(marker->blend(frame));
  VSEAL_ASSIGN_OR_RETURN(const image::Quality quality,
                         image::compare(view_of(before), frame, &pool));
  report.psnr_db = quality.psnr_db;
  VSEAL_ASSIGN_OR_RETURN(const auto reader, watermark::Reader::create(networks, &pool));
  VSEAL_RETURN_IF_ERROR(reader->add(frame));
  const std::span<const float> logits = reader->logits();
  for (size_t i = 0; i < logits.size(); ++i) {
    report.finite = report.finite && std::isfinite(logits[i]);
    report.bits_right += (logits[i] > 0) == (message[i] > 0) ? 1 : 0;
  }
  report.p_value = binomial_tail(report.bits, report.bits_right);
  report.passed = report.finite && report.p_value <= kAccept;
  return report;
}

}  // namespace vseal::workbench
