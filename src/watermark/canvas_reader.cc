#include "watermark/canvas_reader.h"

#include <algorithm>
#include <cmath>

namespace vseal::watermark {
namespace {

constexpr int kLeastCanvas = 8;      // cells
constexpr size_t kMostSessions = 8;  // kept, one a canvas

// sqrt of the mean over the tile's cells of 1 / (cells of the canvas that show it).
double fold_noise(int rows, int columns, int tile) {
  double sum = 0;
  for (int y = 0; y < tile; ++y) {
    for (int x = 0; x < tile; ++x) {
      const int seen = ((rows - y + tile - 1) / tile) * ((columns - x + tile - 1) / tile);
      if (seen > 0) sum += 1.0 / seen;
    }
  }
  return std::sqrt(sum / (tile * tile));
}

void add_share(std::span<const float> values, int of, std::span<float> sum) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += values[i] / static_cast<float>(of);
}

}  // namespace

Result<std::unique_ptr<CanvasReader>> CanvasReader::create(std::shared_ptr<const Networks> networks,
                                                           ThreadPool* pool) {
  std::unique_ptr<CanvasReader> reader(new CanvasReader());
  reader->tile_ = networks->tile_detector().get();
  reader->pool_ = pool;
  if (reader->tile_ == nullptr) {
    VSEAL_ASSIGN_OR_RETURN(const auto detector, networks->detector());
    VSEAL_ASSIGN_OR_RETURN(reader->whole_, engine::Session::create(detector, pool));
  } else {
    reader->folded_.resize(reader->tile_->tile_values());
    reader->pooled_.resize(reader->tile_->tile_values());
  }
  reader->networks_ = std::move(networks);
  return reader;
}

Status CanvasReader::add(const FrameView& frame) {
  VSEAL_ASSIGN_OR_RETURN(image::Pyramid pyramid,
                         image::Pyramid::create(frame, networks_->card().detector_channels, pool_));
  frames_.push_back(std::move(pyramid));
  return {};
}

Canvas CanvasReader::canvas(const Placement& placement, int granule) const {
  if (!has_tile()) return {};
  const int most = networks_->card().processing_size / tile_->cell();
  const auto cells = [&](double scale) {
    const int shown = static_cast<int>(std::floor(most * scale + 0.25));
    return std::clamp(shown / granule * granule, kLeastCanvas, most);
  };
  return {cells(placement.scale_y), cells(placement.scale_x)};
}

Status CanvasReader::see(const image::Pyramid& frame, const Placement& placement, int width,
                         int height, std::span<float> canvas) {
  frame.sample(canvas_to_frame(placement, networks_->card().processing_size, width, height,
                               frame.frame_width(), frame.frame_height()),
               width, height, canvas, pool_);
  return {};
}

Result<engine::Session*> CanvasReader::features_session(Canvas canvas) {
  if (features_.size() >= kMostSessions && !features_.contains(canvas)) features_.clear();
  std::unique_ptr<engine::Session>& session = features_[canvas];
  if (session == nullptr) {
    VSEAL_ASSIGN_OR_RETURN(auto plan, tile_->features(canvas.rows, canvas.columns));
    VSEAL_ASSIGN_OR_RETURN(session, engine::Session::create(std::move(plan), pool_));
  }
  return session.get();
}

Result<engine::Session*> CanvasReader::head_session() {
  if (head_ == nullptr) {
    VSEAL_ASSIGN_OR_RETURN(auto plan, tile_->head());
    VSEAL_ASSIGN_OR_RETURN(head_, engine::Session::create(std::move(plan), pool_));
  }
  return head_.get();
}

// Fills pooled_; returns the noise of a reading.
Result<double> CanvasReader::read_tile(const Placement& placement, Canvas size, int frames) {
  VSEAL_ASSIGN_OR_RETURN(engine::Session* const session, features_session(size));
  std::ranges::fill(pooled_, 0.0f);
  for (int i = 0; i < frames; ++i) {
    VSEAL_RETURN_IF_ERROR(see(frames_[static_cast<size_t>(i)], placement,
                              size.columns * tile_->cell(), size.rows * tile_->cell(),
                              session->input(0)));
    VSEAL_RETURN_IF_ERROR(session->run());
    fold(session->output(0), size.rows, size.columns, tile_->feature_channels(), tile_->tile(),
         folded_);
    add_share(folded_, frames, pooled_);
  }
  return fold_noise(size.rows, size.columns, tile_->tile());
}

Status CanvasReader::read_whole(const Placement& placement, int frames, std::span<float> logits) {
  const int side = networks_->card().processing_size;
  for (int i = 0; i < frames; ++i) {
    VSEAL_RETURN_IF_ERROR(
        see(frames_[static_cast<size_t>(i)], placement, side, side, whole_->input(0)));
    VSEAL_RETURN_IF_ERROR(whole_->run());
    add_share(whole_->output(0), frames, logits);
  }
  return {};
}

// Appends the logits of `count` folded tiles, at most a batch of them.
Status CanvasReader::run_head(std::span<const float> tiles, size_t count,
                              std::vector<std::vector<float>>& logits) {
  VSEAL_ASSIGN_OR_RETURN(engine::Session* const head, head_session());
  std::ranges::copy(tiles, head->input(0).begin());
  VSEAL_RETURN_IF_ERROR(head->run());
  const size_t bits = static_cast<size_t>(networks_->card().bits);
  for (size_t i = 0; i < count; ++i) {
    const auto row = head->output(0).subspan(i * bits, bits);
    logits.emplace_back(row.begin(), row.end());
  }
  return {};
}

Result<std::vector<CanvasReading>> CanvasReader::read(std::span<const Placement> placements,
                                                      Canvas canvas, int frames,
                                                      size_t roll_index) {
  frames = std::min(frames, this->frames());
  const size_t bits = static_cast<size_t>(networks_->card().bits);
  std::vector<CanvasReading> readings(placements.size());
  if (!has_tile()) {
    for (size_t i = 0; i < placements.size(); ++i) {
      readings[i].logits.resize(bits);
      VSEAL_RETURN_IF_ERROR(read_whole(placements[i], frames, readings[i].logits));
    }
    return readings;
  }
  const size_t values = tile_->tile_values();
  const int side = tile_->tile();
  std::vector<float> tiles(TileDetector::kBatch * values);
  for (size_t begin = 0; begin < placements.size(); begin += TileDetector::kBatch) {
    const size_t count = std::min<size_t>(TileDetector::kBatch, placements.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      VSEAL_ASSIGN_OR_RETURN(readings[begin + i].noise,
                             read_tile(placements[begin + i], canvas, frames));
      roll(pooled_, side, tile_->feature_channels(), static_cast<int>(roll_index) / side,
           static_cast<int>(roll_index) % side, std::span(tiles).subspan(i * values, values));
    }
    std::vector<std::vector<float>> logits;
    VSEAL_RETURN_IF_ERROR(run_head(tiles, count, logits));
    for (size_t i = 0; i < count; ++i) readings[begin + i].logits = std::move(logits[i]);
  }
  return readings;
}

Result<std::vector<std::vector<float>>> CanvasReader::read_rolled(const Placement& placement,
                                                                  Canvas canvas, int frames) {
  frames = std::min(frames, this->frames());
  std::vector<std::vector<float>> all;
  if (!has_tile()) {
    all.emplace_back(static_cast<size_t>(networks_->card().bits));
    VSEAL_RETURN_IF_ERROR(read_whole(placement, frames, all[0]));
    return all;
  }
  const size_t values = tile_->tile_values();
  std::vector<float> tiles(TileDetector::kBatch * values);
  VSEAL_RETURN_IF_ERROR(read_tile(placement, canvas, frames).status());
  const int side = tile_->tile();
  for (int first = 0; first < side * side; first += TileDetector::kBatch) {
    const int count = std::min(TileDetector::kBatch, side * side - first);
    for (int i = 0; i < count; ++i) {
      roll(pooled_, side, tile_->feature_channels(), (first + i) / side, (first + i) % side,
           std::span(tiles).subspan(static_cast<size_t>(i) * values, values));
    }
    VSEAL_RETURN_IF_ERROR(run_head(tiles, static_cast<size_t>(count), all));
  }
  return all;
}

}  // namespace vseal::watermark
