#include "frame_cases.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <utility>

#include "base/plane.h"
#include "image/blend.h"
#include "image/metrics.h"
#include "image/reference.h"
#include "image/resize.h"

namespace vseal::bench {
namespace {

constexpr int kSide = 256;
constexpr float kStrength = 1.5f;
constexpr image::HeatmapOptions kHeatmap{9.0f, 3.0f, true};

struct Layout {
  const char* name;
  ColorModel model;
  int step;  // samples from one pixel to the next; 1 is planar
  int depth_bits;
  ColorRange range;
};

constexpr Layout kLayouts[] = {
    {"luma 8 bits", ColorModel::kYCbCr, 1, 8, ColorRange::kLimited},
    {"luma 10 bits", ColorModel::kYCbCr, 1, 10, ColorRange::kLimited},
    {"RGB 8 bits", ColorModel::kRgb, 3, 8, ColorRange::kFull},
    {"RGBA 16 bits", ColorModel::kRgb, 4, 16, ColorRange::kFull},
};

// A frame with its memory: slopes with noise, so that every part of the heat map is met. The three
// planes of a kYCbCr frame are one, since only luma counts here.
struct Frame {
  Frame(const Layout& layout, int width, int height)
      : memory(static_cast<size_t>(width) * height * layout.step *
               (layout.depth_bits > 8 ? 2 : 1)) {
    view.model = layout.model;
    view.range = layout.range;
    view.plane_count = 3;
    const size_t sample_bytes = layout.depth_bits > 8 ? 2 : 1;
    for (size_t i = 0; i < 3; ++i) {
      const size_t shift = layout.model == ColorModel::kRgb ? i * sample_bytes : 0;
      view.planes[i] = {memory.data() + shift,          width,       height,
                        ptrdiff_t{width} * layout.step, layout.step, layout.depth_bits};
    }
    fill();
  }
  Frame(const Frame&) = delete;

  void fill() {
    std::minstd_rand random(1);
    const PlaneView& plane = view.planes[0];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width * plane.step; ++x) {
        const int wave = std::abs((x + 3 * y) % 1800 - 900);  // a triangle, steep enough for edges
        const int noise = static_cast<int>(random() % 100);
        const int level = (wave + noise) * plane.max_value() / 1000;
        if (plane.depth_bits > 8) {
          plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(level);
        } else {
          plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(level);
        }
      }
    }
  }

  std::vector<uint8_t> memory;
  FrameView view;
};

std::vector<float> random_residual() {
  std::minstd_rand random(2);
  std::vector<float> residual(kSide * kSide);
  for (float& v : residual) v = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
  return residual;
}

Status check_resize(const Layout& layout, ThreadPool& pool) {
  const Frame frame(layout, 700, 500);
  std::vector<float> got(kSide * kSide);
  VSEAL_RETURN_IF_ERROR(image::resize_luma(frame.view, kSide, kSide, got, &pool));
  const std::vector<double> expected = image::reference_resize(frame.view, kSide, kSide);
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::abs(got[i] - expected[i]) > 1e-5) {
      return internal_error(
          fmt::format("{}: resize differs by {}", layout.name, got[i] - expected[i]));
    }
  }
  return {};
}

Status check_blend(const Layout& layout, ThreadPool& pool) {
  Frame got(layout, 700, 500), expected(layout, 700, 500);
  const std::vector<float> residual = random_residual();
  const image::BlendOptions options{.strength = kStrength, .heatmap = kHeatmap};
  VSEAL_RETURN_IF_ERROR(image::blend(got.view, {residual, kSide}, options, &pool));
  image::reference_blend(expected.view, {residual, kSide}, options);
  size_t apart = 0;
  for (size_t i = 0; i < got.memory.size(); ++i) apart += got.memory[i] != expected.memory[i];
  // Sums that fall between two samples may round either way; 16 bits hold more than a float does.
  const size_t allowed = got.memory.size() / (layout.depth_bits > 12 ? 8 : 1000);
  if (apart <= allowed) return {};
  return internal_error(fmt::format("{}: blend differs in {} bytes", layout.name, apart));
}

// What the cases of one size and layout work on.
struct Bench {
  Bench(const Layout& layout, int width, int height)
      : frame(layout, width, height), other(layout, width, height) {}
  Frame frame;
  Frame other;
  std::vector<float> residual = random_residual();
  float sign = 1.0f;
};

Status run_resize(Bench& bench, ThreadPool& pool) {
  std::vector<float> out(kSide * kSide);
  return image::resize_luma(bench.frame.view, kSide, kSide, out, &pool);
}

// Marked again and again, a frame would drift into clamping: every other run takes the mark back.
Status run_blend(Bench& bench, ThreadPool& pool) {
  bench.sign = -bench.sign;
  const image::BlendOptions options{.strength = bench.sign * kStrength, .heatmap = kHeatmap};
  return image::blend(bench.frame.view, {bench.residual, kSide}, options, &pool);
}

Status run_compare(Bench& bench, ThreadPool& pool) {
  return image::compare(bench.frame.view, bench.other.view, &pool).status();
}

using Function = Status (*)(Bench&, ThreadPool&);
constexpr std::pair<const char*, Function> kFunctions[] = {
    {"resize", run_resize}, {"blend", run_blend}, {"compare", run_compare}};

// Appends the functions whose name and frame contain `filter`; their frame is made only if any
// does.
void append_cases(const Layout& layout, int width, int height, const std::string& filter,
                  std::vector<FrameCase>& cases) {
  std::shared_ptr<Bench> bench;
  for (const auto& [name, function] : kFunctions) {
    const std::string detail = fmt::format("{}x{} {}", width, height, layout.name);
    if ((name + (" " + detail)).find(filter) == std::string::npos) continue;
    if (bench == nullptr) bench = std::make_shared<Bench>(layout, width, height);
    cases.push_back({name, detail, 1e-6 * width * height,
                     [bench, run = function](ThreadPool& pool) { return run(*bench, pool); }});
  }
}

FrameCase heatmap_case() {
  const auto luma = std::make_shared<std::vector<float>>(random_residual());
  for (float& v : *luma) v = std::abs(v);
  return {"heatmap", "256x256 float", 1e-6 * kSide * kSide, [luma](ThreadPool& pool) {
            std::vector<float> heat(luma->size());
            return image::heatmap(*luma, kSide, kSide, kHeatmap, heat, &pool);
          }};
}

}  // namespace

Result<std::vector<FrameCase>> frame_cases(bool large, const std::string& filter) {
  ThreadPool pool(2);
  std::vector<FrameCase> cases;
  if (std::string("heatmap 256x256 float").find(filter) != std::string::npos) {
    cases.push_back(heatmap_case());
  }
  for (const Layout& layout : kLayouts) {
    VSEAL_RETURN_IF_ERROR(check_resize(layout, pool));
    VSEAL_RETURN_IF_ERROR(check_blend(layout, pool));
    append_cases(layout, 1920, 1080, filter, cases);
    append_cases(layout, 3840, 2160, filter, cases);
  }
  if (large) append_cases(kLayouts[2], 12000, 8400, filter, cases);
  return cases;
}

}  // namespace vseal::bench
