#include "image/blend.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "image/bands.h"
#include "image/heat_rows.h"
#include "image/luma_window.h"
#include "image/padded_rows.h"
#include "image/residual_rows.h"
#include "image/sample_rows.h"

namespace vseal::image {
namespace {

constexpr int kLeastBandRows = 16;
constexpr int kReach = 2;         // rows that the heat map looks up and down
constexpr float kHeatUnit = 255;  // luma of the heat map's formula

// Rows of memory for each band.
Result<std::vector<PaddedRows>> allocate_bands(int bands, int rows, int width) {
  std::vector<PaddedRows> all;
  for (int band = 0; band < bands; ++band) {
    VSEAL_ASSIGN_OR_RETURN(PaddedRows memory, PaddedRows::allocate(rows, width));
    all.push_back(std::move(memory));
  }
  return all;
}

// The luma of the rows on both sides of each border between bands, read before any band changes.
class BorderRows {
 public:
  static Result<BorderRows> read(const FrameView& frame, const Bands& bands) {
    BorderRows rows;
    rows.bands_ = bands;
    VSEAL_ASSIGN_OR_RETURN(rows.memory_,
                           PaddedRows::allocate(2 * kReach * (bands.count() - 1), frame.width()));
    for (int band = 1; band < bands.count(); ++band) {
      const int first = bands.begin(band) - kReach;
      for (int y = first; y < std::min(first + 2 * kReach, frame.height()); ++y) {
        load_luma_row(frame, y, kHeatUnit, rows.memory_.row(slot(band, y - first)));
      }
    }
    return rows;
  }

  // The saved row y, which `band` needs though it lies in a neighbour; null when it is its own.
  const float* find(int band, int y) const {
    if (y < bands_.begin(band)) return memory_.row(slot(band, y - bands_.begin(band) + kReach));
    if (y >= bands_.end(band)) return memory_.row(slot(band + 1, y - bands_.end(band) + kReach));
    return nullptr;
  }

 private:
  static int slot(int band, int i) { return (band - 1) * 2 * kReach + i; }

  Bands bands_;
  PaddedRows memory_;
};

struct BlendJob {
  const FrameView& frame;
  const StretchedResidual& residual;
  const BorderRows& borders;
  const HeatmapOptions& options;
  const Bands bands;
};

// Rows of PaddedRows that a band needs: its window, two of the residual, one of the sum.
constexpr int kBlendRows = kWindowRows + 3;

void blend_band(const BlendJob& job, int band, PaddedRows& memory) {
  const auto load = [&](int y, float* out) {
    if (const float* saved = job.borders.find(band, y)) {
      std::copy_n(saved, job.frame.width(), out);
    } else {
      load_luma_row(job.frame, y, kHeatUnit, out);
    }
  };
  LumaWindow window(memory, job.frame.height(), job.options, load);
  ResidualCursor residual(job.residual, memory.row(kWindowRows), memory.row(kWindowRows + 1));
  float* delta = memory.row(kWindowRows + 2);
  for (int y = job.bands.begin(band); y < job.bands.end(band); ++y) {
    window.move_to(y);
    residual.move_to(y);
    heat_delta_row(window.rows(), job.frame.width(), job.options, window.scratch(), residual.low(),
                   residual.high(), residual.weight(), delta);
    add_to_row(job.frame, y, delta);
  }
}

}  // namespace

Status heatmap(std::span<const float> luma, int width, int height, const HeatmapOptions& options,
               std::span<float> heat, ThreadPool* pool) {
  const size_t size =
      static_cast<size_t>(std::max(width, 0)) * static_cast<size_t>(std::max(height, 0));
  if (size == 0 || luma.size() != size || heat.size() != size) {
    return invalid_argument("[heatmap] expected " + std::to_string(width) + "x" +
                            std::to_string(height) + " values, got " + std::to_string(luma.size()) +
                            " and " + std::to_string(heat.size()));
  }
  const Bands bands = choose_bands(height, kLeastBandRows, pool);
  VSEAL_ASSIGN_OR_RETURN(std::vector<PaddedRows> memory,
                         allocate_bands(bands.count(), kWindowRows + 1, width));
  for_each_band(bands, pool, [&](int band) {
    PaddedRows& own = memory[static_cast<size_t>(band)];
    LumaWindow window(own, height, options, [&](int y, float* out) {
      const float* row = luma.data() + static_cast<size_t>(y) * width;
      std::transform(row, row + width, out, [](float v) { return v * kHeatUnit; });
    });
    for (int y = bands.begin(band); y < bands.end(band); ++y) {
      window.move_to(y);
      heat_row(window.rows(), width, options, window.scratch(), own.row(kWindowRows));
      std::copy_n(own.row(kWindowRows), width, heat.data() + static_cast<size_t>(y) * width);
    }
  });
  return {};
}

float heatmap_rms(std::span<const float> heat) {
  if (heat.empty()) return 0.0f;
  double sum = 0;
  for (const float v : heat) sum += double{v} * v;
  return static_cast<float>(std::sqrt(sum / static_cast<double>(heat.size())));
}

Status blend(FrameView& frame, std::span<const float> residual, int side, float strength,
             const HeatmapOptions& options, ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_frame("blend", frame));
  if (side < 1 || residual.size() != static_cast<size_t>(side) * side) {
    return invalid_argument("[blend] residual: expected " + std::to_string(side) + "x" +
                            std::to_string(side) + " values, got " +
                            std::to_string(residual.size()));
  }
  const auto finite = [](float v) { return std::isfinite(v); };
  if (!finite(strength) || !std::ranges::all_of(residual, finite)) {
    return invalid_argument("[blend] residual and strength: expected finite values");
  }
  const Bands bands = choose_bands(frame.height(), kLeastBandRows, pool);
  VSEAL_ASSIGN_OR_RETURN(
      const StretchedResidual stretched,
      StretchedResidual::create(residual, side, strength * luma_scale(frame).scale, frame));
  VSEAL_ASSIGN_OR_RETURN(const BorderRows borders, BorderRows::read(frame, bands));
  VSEAL_ASSIGN_OR_RETURN(std::vector<PaddedRows> memory,
                         allocate_bands(bands.count(), kBlendRows, frame.width()));
  const BlendJob job{frame, stretched, borders, options, bands};
  for_each_band(bands, pool,
                [&](int band) { blend_band(job, band, memory[static_cast<size_t>(band)]); });
  return {};
}

}  // namespace vseal::image
