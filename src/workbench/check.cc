#include "workbench/check.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/split_mix.h"
#include "image/metrics.h"
#include "payload/verdict.h"
#include "watermark/marker.h"
#include "watermark/reader.h"

namespace vseal::workbench {
namespace {

constexpr int kWidth = 768;
constexpr int kHeight = 512;
constexpr double kAccept = 1e-9;
constexpr uint64_t kSeed = 1;

// Three waves of falling wavelength, a bright disc and fine noise, in three colours: something of
// all that pictures have.
std::vector<uint8_t> known_picture() {
  std::vector<uint8_t> rgb(size_t{3} * kWidth * kHeight);
  SplitMix64 noise(kSeed);
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

}  // namespace

Result<CheckReport> check_model(const std::shared_ptr<const watermark::Networks>& networks,
                                ThreadPool& pool) {
  CheckReport report;
  report.bits = networks->card().bits;
  SplitMix64 numbers(kSeed);
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
  report.p_value = payload::binomial_tail(report.bits_right, report.bits);
  report.passed = report.finite && report.p_value <= kAccept;
  return report;
}

}  // namespace vseal::workbench
