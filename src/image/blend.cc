#include "image/blend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "image/bands.h"
#include "image/chroma_rows.h"
#include "image/heat_rows.h"
#include "image/luma_window.h"
#include "image/padded_rows.h"
#include "image/residual_planes.h"
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
  const ResidualPlanes& residual;
  const BorderRows* borders;  // null: no heat map at full size
  const HeatmapOptions& options;
  const Bands bands;
};

// Rows of PaddedRows that a band needs: its window, heat, for each residual of `main` its two rows
// and the sum; then those of chroma.
constexpr int kHeatRow = kWindowRows;
constexpr int kMainRows = kHeatRow + 1;

int first_chroma_row(const ResidualPlanes& residual) {
  return kMainRows + 3 * static_cast<int>(residual.main.size());
}

int blend_rows(const ResidualPlanes& residual) {
  return first_chroma_row(residual) + (residual.chroma.empty() ? 0 : kChromaRows);
}

// Adds to the rows of one band; one thread's own.
class BandBlender {
 public:
  BandBlender(const BlendJob& job, int band, PaddedRows& memory)
      : job_(job),
        band_(band),
        heat_(memory.row(kHeatRow)),
        window_(memory, job.frame.height(), job.options, Load{job, band}) {
    const std::vector<StretchedResidual>& main = job.residual.main;
    for (size_t c = 0; c < main.size(); ++c) {
      const int row = kMainRows + 3 * static_cast<int>(c);
      cursors_.emplace_back(main[c], memory.row(row), memory.row(row + 1));
      delta_[c] = memory.row(row + 2);
    }
    for (size_t c = main.size(); c < 3; ++c) delta_[c] = delta_[0];
    if (!job.residual.chroma.empty()) {
      chroma_.emplace(job.frame, job.residual, memory, first_chroma_row(job.residual));
    }
  }

  void run() {
    for (int y = job_.bands.begin(band_); y < job_.bands.end(band_); ++y) {
      for (ResidualCursor& cursor : cursors_) cursor.move_to(y);
      if (job_.borders != nullptr) window_.move_to(y);
      if (job_.borders != nullptr && cursors_.size() == 1 && !chroma_.has_value()) {
        fused_delta();
      } else {
        separate_deltas(y);
      }
      add_to_row(job_.frame, y, {delta_[0], delta_[1], delta_[2]});
    }
  }

 private:
  // Rows of luma as they were before any band changed them.
  struct Load {
    const BlendJob& job;
    int band;
    void operator()(int y, float* out) const {
      if (const float* saved = job.borders->find(band, y)) {
        std::copy_n(saved, job.frame.width(), out);
      } else {
        load_luma_row(job.frame, y, kHeatUnit, out);
      }
    }
  };

  // One residual, used once: its heat need not be stored.
  void fused_delta() {
    const ResidualCursor& residual = cursors_[0];
    heat_delta_row(window_.rows(), job_.frame.width(), job_.options, window_.scratch(),
                   residual.low(), residual.high(), residual.weight(), delta_[0]);
  }

  void separate_deltas(int y) {
    const float* heat = nullptr;
    if (job_.borders != nullptr) {
      heat_row(window_.rows(), job_.frame.width(), job_.options, window_.scratch(), heat_);
      heat = heat_;
    }
    for (size_t c = 0; c < cursors_.size(); ++c) cursors_[c].delta(heat, delta_[c]);
    if (chroma_.has_value()) chroma_->pass(y, heat);
  }

  const BlendJob& job_;
  const int band_;
  float* heat_;
  LumaWindow<Load> window_;
  std::vector<ResidualCursor> cursors_;
  std::array<float*, 3> delta_{};
  std::optional<ChromaRows> chroma_;
};

// Bands that begin where a chroma row does.
Bands choose_blend_bands(const FrameView& frame, const ResidualPlanes& residual, ThreadPool* pool) {
  Bands bands = choose_bands(frame.height(), kLeastBandRows, pool);
  const int step = residual.chroma.empty() ? 1 : chroma_steps(frame).y;
  bands.height = (bands.height + step - 1) / step * step;
  return bands;
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

Status blend(FrameView& frame, const Residual& residual, const BlendOptions& options,
             ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_frame("blend", frame));
  VSEAL_ASSIGN_OR_RETURN(const ResidualPlanes planes,
                         prepare_residual(frame, residual, options, pool));
  const Bands bands = choose_blend_bands(frame, planes, pool);
  const bool heat = options.attenuation == Attenuation::kNative;
  BorderRows borders;
  if (heat) {
    VSEAL_ASSIGN_OR_RETURN(borders, BorderRows::read(frame, bands));
  }
  VSEAL_ASSIGN_OR_RETURN(std::vector<PaddedRows> memory,
                         allocate_bands(bands.count(), blend_rows(planes), frame.width()));
  const BlendJob job{frame, planes, heat ? &borders : nullptr, options.heatmap, bands};
  for_each_band(bands, pool,
                [&](int band) { BandBlender(job, band, memory[static_cast<size_t>(band)]).run(); });
  return {};
}

}  // namespace vseal::image
