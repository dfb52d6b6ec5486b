#include "rgb_path.h"

#include <algorithm>
#include <cmath>

#include "image/color.h"

namespace vseal::bench {
namespace {

constexpr double kLumaCodes = 219, kChromaCodes = 224;

// Y, Cb, Cr of every luma pixel, interleaved; chroma samples are repeated.
std::vector<float> full_size(const FrameView& frame) {
  const int step_x = (frame.width() + frame.planes[1].width - 1) / frame.planes[1].width;
  const int step_y = (frame.height() + frame.planes[1].height - 1) / frame.planes[1].height;
  std::vector<float> pixels;
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      const double luma = frame.planes[0].row<uint8_t>(y)[x];
      const double cb = frame.planes[1].row<uint8_t>(y / step_y)[x / step_x];
      const double cr = frame.planes[2].row<uint8_t>(y / step_y)[x / step_x];
      pixels.push_back(static_cast<float>((luma - 16) / kLumaCodes));
      pixels.push_back(static_cast<float>((cb - 128) / kChromaCodes));
      pixels.push_back(static_cast<float>((cr - 128) / kChromaCodes));
    }
  }
  return pixels;
}

// rgb + change, each pixel's to all three channels; clamped, and rounded to 8 bits if asked.
enum class Depth { kFloat, k8Bits };
std::vector<float> changed(std::vector<float> rgb, const std::vector<float>& change, Depth depth) {
  for (size_t i = 0; i < rgb.size(); ++i) {
    float v = std::clamp(rgb[i] + change[i / 3], 0.0f, 1.0f);
    if (depth == Depth::k8Bits) v = std::nearbyint(255 * v) / 255;
    rgb[i] = v;
  }
  return rgb;
}

double code_of(double luma) {
  return std::clamp(std::nearbyint(16 + kLumaCodes * luma), 0.0, 255.0);
}

double mse(const std::vector<uint8_t>& a, const FrameView& frame) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const int x = static_cast<int>(i) % frame.width(), y = static_cast<int>(i) / frame.width();
    sum += std::pow(a[i] - frame.planes[0].row<uint8_t>(y)[x], 2);
  }
  return sum / static_cast<double>(a.size());
}

// Luma codes of `ycbcr` plus a change of luma (none when empty).
std::vector<uint8_t> luma_codes(const std::vector<float>& ycbcr, const std::vector<float>& change) {
  std::vector<uint8_t> codes;
  for (size_t i = 0; i < ycbcr.size() / 3; ++i) {
    const double moved = ycbcr[3 * i] + (change.empty() ? 0.0 : change[i]);
    codes.push_back(static_cast<uint8_t>(code_of(moved)));
  }
  return codes;
}

// What clamping takes of `change`, and what it does to chroma.
void compare_clamping(const std::vector<float>& rgb, const std::vector<float>& change,
                      ColorMatrix matrix, Comparison& sums) {
  std::vector<float> before = rgb, after = changed(rgb, change, Depth::kFloat);
  for (size_t i = 0; i < rgb.size(); i += 3) {
    const auto stops = [&](size_t c) {
      const float v = rgb[i + c] + change[i / 3];
      return v < 0 || v > 1;
    };
    sums.clamped_pixels += stops(0) || stops(1) || stops(2);
  }
  image::to_ycbcr(before, matrix);
  image::to_ycbcr(after, matrix);
  for (size_t i = 0; i < before.size(); i += 3) {
    sums.clamp_luma.add(kLumaCodes * (after[i] - before[i] - change[i / 3]));
    sums.clamp_chroma.add(kChromaCodes * (after[i + 1] - before[i + 1]));
    sums.clamp_chroma.add(kChromaCodes * (after[i + 2] - before[i + 2]));
  }
}

}  // namespace

void Difference::add(double difference) {
  sum += std::abs(difference);
  worst = std::max(worst, std::abs(difference));
  ++count;
}

Result<std::unique_ptr<PathComparer>> PathComparer::create(
    std::shared_ptr<const watermark::Networks> networks, ThreadPool* pool,
    std::vector<float> message) {
  std::unique_ptr<PathComparer> comparer(new PathComparer());
  VSEAL_ASSIGN_OR_RETURN(comparer->marker_, watermark::Marker::create(networks, pool, {}));
  VSEAL_ASSIGN_OR_RETURN(comparer->reader_, watermark::Reader::create(networks, pool));
  comparer->message_ = std::move(message);
  return comparer;
}

Result<std::vector<float>> PathComparer::change_of(const std::vector<float>& luma, int width,
                                                   int height) {
  std::vector<uint16_t> samples;
  for (const float v : luma) {
    samples.push_back(static_cast<uint16_t>(std::clamp(std::nearbyint(65535 * v), 0.0f, 65535.0f)));
  }
  const std::vector<uint16_t> before = samples;
  FrameView frame;
  frame.planes[0] = {samples.data(), width, height, width, 1, 16};
  VSEAL_RETURN_IF_ERROR(marker_->set_message(message_));
  VSEAL_RETURN_IF_ERROR(marker_->look(frame));
  VSEAL_RETURN_IF_ERROR(marker_->blend(frame));
  std::vector<float> change;
  for (size_t i = 0; i < samples.size(); ++i) {
    change.push_back((static_cast<float>(samples[i]) - static_cast<float>(before[i])) / 65535.0f);
  }
  return change;
}

Result<double> PathComparer::share_right(std::vector<uint8_t>& luma, int width, int height) {
  FrameView frame;
  frame.range = ColorRange::kLimited;
  frame.planes[0] = {luma.data(), width, height, width};
  reader_->reset();
  VSEAL_RETURN_IF_ERROR(reader_->add(frame));
  double right = 0;
  for (size_t k = 0; k < message_.size(); ++k) right += reader_->logits()[k] * message_[k] > 0;
  return right / static_cast<double>(message_.size());
}

Status PathComparer::add(const FrameView& frame, Comparison& sums) {
  const int width = frame.width(), height = frame.height();
  const std::vector<float> ycbcr = full_size(frame);
  std::vector<float> rgb = ycbcr;
  image::to_rgb(rgb, frame.matrix);
  std::vector<float> own_luma, luma_601;
  for (size_t i = 0; i < rgb.size(); i += 3) {
    own_luma.push_back(ycbcr[i]);
    luma_601.push_back(0.299f * rgb[i] + 0.587f * rgb[i + 1] + 0.114f * rgb[i + 2]);
  }
  VSEAL_ASSIGN_OR_RETURN(const std::vector<float> own, change_of(own_luma, width, height));
  VSEAL_ASSIGN_OR_RETURN(const std::vector<float> upstream, change_of(luma_601, width, height));
  for (size_t i = 0; i < own.size(); ++i) {
    sums.mark.add(kLumaCodes * own[i]);
    sums.input.add(kLumaCodes * (upstream[i] - own[i]));
  }
  compare_clamping(rgb, own, frame.matrix, sums);

  const std::vector<float> none(own.size());
  const std::vector<float> rgb_8 = changed(rgb, none, Depth::k8Bits);
  std::vector<float> unmarked = rgb_8, marked = changed(rgb_8, upstream, Depth::k8Bits);
  image::to_ycbcr(unmarked, frame.matrix);
  image::to_ycbcr(marked, frame.matrix);
  std::vector<uint8_t> on_luma = luma_codes(ycbcr, own), on_rgb = luma_codes(marked, {});
  for (size_t i = 0; i < on_luma.size(); ++i) sums.whole.add(on_rgb[i] - on_luma[i]);
  sums.luma_path_mse += mse(on_luma, frame);
  sums.rgb_path_mse += mse(on_rgb, frame);
  sums.round_trip_mse += mse(luma_codes(unmarked, {}), frame);
  VSEAL_ASSIGN_OR_RETURN(const double luma_right, share_right(on_luma, width, height));
  VSEAL_ASSIGN_OR_RETURN(const double rgb_right, share_right(on_rgb, width, height));
  sums.luma_path_right += luma_right;
  sums.rgb_path_right += rgb_right;
  ++sums.frames;
  return {};
}

}  // namespace vseal::bench
