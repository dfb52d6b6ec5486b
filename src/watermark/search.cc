#include "watermark/search.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>

#include "watermark/ranking.h"

namespace vseal::watermark {
namespace {

// What is ranked together, and how much of it is tried.
struct Stage {
  std::vector<Placement> (*placements)();
  int candidates;  // refined and tried, at most
};

constexpr int kRollsTried = 10;            // of each candidate, the clearest ones
constexpr double kLeastOutstanding = 1.0;  // deviations: placements whose tile is looked for
constexpr size_t kPlaced = 20;             // of them, at most

std::vector<Placement> zoomed_or_turned() {
  std::vector<Placement> all = zoom_placements();
  const std::vector<Placement> turned = turn_placements();
  all.insert(all.end(), turned.begin(), turned.end());
  return all;
}

constexpr Stage kStages[] = {
    {zoomed_or_turned, 12},         {crop_placements, 8},  {turned_crop_placements, 8},
    {turned_upright_placements, 8}, {inset_placements, 8},
};
constexpr size_t kFastStages = 1;

std::span<const Stage> stages(SearchMode mode) {
  const std::span<const Stage> all(kStages);
  if (mode == SearchMode::kNone) return all.first(0);
  return mode == SearchMode::kFast ? all.first(kFastStages) : all;
}

// Whether the better of two placements speaks for the other as well.
bool are_neighbours(const Placement& a, const Placement& b) {
  constexpr double kScale = 0.07, kDegrees = 3.5, kShift = 64;
  return a.mirrored == b.mirrored && a.quarter_turns == b.quarter_turns &&
         std::fabs(a.degrees - b.degrees) < kDegrees &&
         std::fabs(std::log(a.scale_x / b.scale_x)) < kScale &&
         std::fabs(std::log(a.scale_y / b.scale_y)) < kScale &&
         std::hypot(a.shift_x - b.shift_x, a.shift_y - b.shift_y) < kShift;
}

// Steps of the refinement, along each of which a placement can move.
struct Steps {
  double shift;  // px of the networks' picture
  double scale;  // log
  double degrees;
};
constexpr std::array<Steps, 3> kRefinement = {
    {{4, 0.022, 1.1}, {2, 0.011, 0.55}, {1, 0.005, 0.28}}};

std::vector<Placement> around(const Placement& at, const Steps& steps) {
  std::vector<Placement> all;
  for (const double sign : {-1.0, 1.0}) {
    Placement moved = at;
    moved.shift_x += sign * steps.shift;
    all.push_back(moved);
    moved = at;
    moved.shift_y += sign * steps.shift;
    all.push_back(moved);
    moved = at;
    moved.scale_x *= std::exp(sign * steps.scale);
    all.push_back(moved);
    moved = at;
    moved.scale_y *= std::exp(sign * steps.scale);
    all.push_back(moved);
    moved = at;
    moved.scale_x *= std::exp(sign * steps.scale);
    moved.scale_y *= std::exp(sign * steps.scale);
    all.push_back(moved);
    moved = at;
    moved.degrees += sign * steps.degrees;
    all.push_back(moved);
    moved = at;
    moved.shift_x += sign * steps.shift;
    moved.shift_y += steps.shift;
    all.push_back(moved);
    moved.shift_y -= 2 * steps.shift;
    all.push_back(moved);
  }
  return all;
}

class Run {
 public:
  Run(CanvasReader& reader, const SearchOptions& options, const TryLogits& try_logits)
      : reader_(reader), options_(options), try_logits_(try_logits) {}

  Result<SearchReport> search() {
    VSEAL_RETURN_IF_ERROR(try_upright());
    for (const Stage& stage : stages(options_.mode)) {
      if (report_.found || report_.timed_out) break;
      VSEAL_RETURN_IF_ERROR(run_stage(stage));
    }
    report_.seconds = elapsed_s();
    return report_;
  }

 private:
  double elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double time_limit_s() const {
    constexpr double kFastLimit = 10, kFullLimit = 60;
    if (options_.time_limit_s > 0) return options_.time_limit_s;
    return options_.mode == SearchMode::kFull ? kFullLimit : kFastLimit;
  }
  bool out_of_time() {
    report_.timed_out = report_.timed_out || elapsed_s() > time_limit_s();
    return report_.timed_out;
  }

  // Flips and quarter turns need neither ranking nor refinement: every pixel keeps its place in the
  // tile.
  Status try_upright() {
    for (const Placement& placement : upright_placements()) {
      if (report_.found) break;
      report_.hypotheses += 1;
      VSEAL_ASSIGN_OR_RETURN(
          const auto readings,
          reader_.read(std::span(&placement, 1), reader_.canvas(placement, 1), reader_.frames()));
      offer(readings[0].logits, placement);
    }
    return {};
  }

  void offer(std::span<const float> logits, const Placement& placement) {
    ++report_.tries;
    if (!try_logits_(logits)) return;
    report_.found = true;
    report_.placement = placement;
  }

  // The answers of all placements, or, when the time is up, of the first ones. Those with the same
  // canvas are read together.
  Result<std::vector<Answer>> rank(std::vector<Placement>& placements) {
    constexpr int kGranule = 4;
    const auto canvas = [&](const Placement& p) { return reader_.canvas(p, kGranule); };
    std::ranges::stable_sort(placements, {}, canvas);
    std::vector<Answer> answers;
    size_t begin = 0;
    while (begin < placements.size() && !out_of_time()) {
      size_t end = begin + 1;
      while (end < std::min(placements.size(), begin + TileDetector::kBatch) &&
             canvas(placements[end]) == canvas(placements[begin])) {
        ++end;
      }
      const auto batch = std::span(placements).subspan(begin, end - begin);
      VSEAL_ASSIGN_OR_RETURN(const auto readings, read(batch, canvas(batch[0])));
      for (const CanvasReading& one : readings) answers.push_back({clarity(one.logits), one.noise});
      begin = end;
    }
    return answers;
  }

  Status run_stage(const Stage& stage) {
    std::vector<Placement> placements = stage.placements();
    VSEAL_ASSIGN_OR_RETURN(const std::vector<Answer> answers, rank(placements));
    std::vector<Found> candidates;
    const std::vector<double> scores = standing_out(answers);
    for (const size_t i : outstanding(placements, scores)) {
      if (out_of_time()) break;
      VSEAL_ASSIGN_OR_RETURN(Found found, place_tile(placements[i]));
      found.prominence += scores[i];
      candidates.push_back(found);
    }
    std::ranges::stable_sort(candidates, std::ranges::greater(), &Found::prominence);
    candidates.resize(std::min(candidates.size(), static_cast<size_t>(stage.candidates)));
    for (const Found& candidate : candidates) {
      if (report_.found || out_of_time()) break;
      VSEAL_RETURN_IF_ERROR(try_candidate(candidate));
    }
    return {};
  }

  Result<std::vector<CanvasReading>> read(std::span<const Placement> placements, Canvas canvas,
                                          size_t roll = 0) {
    report_.hypotheses += static_cast<int>(placements.size());
    return reader_.read(placements, canvas, kRankingFrames, roll);
  }

  // A placement with the tile where it reads most clearly.
  struct Found {
    Placement placement;
    Canvas canvas;
    size_t roll = 0;
    double clarity = -INFINITY;
    // In deviations: of this roll among all, plus of the placement among others.
    double prominence = 0;
  };

  // The most outstanding ones, one of each neighbourhood.
  std::vector<size_t> outstanding(const std::vector<Placement>& placements,
                                  const std::vector<double>& scores) const {
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](size_t i) { return scores[i]; });
    std::vector<size_t> chosen;
    for (const size_t i : order) {
      if (chosen.size() == kPlaced || scores[i] < kLeastOutstanding) break;
      const bool known = std::ranges::any_of(
          chosen, [&](size_t other) { return are_neighbours(placements[i], placements[other]); });
      if (!known) chosen.push_back(i);
    }
    return chosen;
  }

  // The clearest of a placement's rolls, as it is and moved by half a cell along each axis. Rolls
  // of one tile share what the picture answers, so how far the best stands above them says more
  // than its clarity.
  Result<Found> place_tile(const Placement& coarse) {
    constexpr double kHalfCell = 4;
    const Canvas canvas = reader_.canvas(coarse, 1);
    Found best{.placement = coarse, .canvas = canvas};
    double sum = 0, squares = 0;
    int count = 0;
    for (const int corner : {0, 1, 2, 3}) {
      Placement moved = coarse;
      moved.shift_x += corner % 2 * kHalfCell;
      moved.shift_y += (corner < 2 ? 0 : kHalfCell);
      report_.hypotheses += 1;
      VSEAL_ASSIGN_OR_RETURN(const auto rolled, reader_.read_rolled(moved, canvas, kRankingFrames));
      for (size_t i = 0; i < rolled.size(); ++i, ++count) {
        const double clear = clarity(rolled[i]);
        sum += clear;
        squares += clear * clear;
        if (clear > best.clarity) best = {moved, canvas, i, clear, 0};
      }
    }
    const double mean = sum / count;
    const double deviation = std::sqrt(std::max(squares / count - mean * mean, 1e-12));
    if (reader_.has_tile()) best.prominence = (best.clarity - mean) / deviation;
    return best;
  }

  // Climbs to where the detector answers most clearly, the roll kept.
  Result<Placement> refine(const Found& coarse) {
    Placement best = coarse.placement;
    double best_clarity = -INFINITY;  // less the log of the noise
    for (const Steps& steps : kRefinement) {
      std::vector<Placement> moved = around(best, steps);
      moved.push_back(best);
      VSEAL_ASSIGN_OR_RETURN(const auto readings, read(moved, coarse.canvas, coarse.roll));
      for (size_t i = 0; i < moved.size(); ++i) {
        const double clear = clarity(readings[i].logits) - std::log(readings[i].noise);
        if (clear <= best_clarity) continue;
        best_clarity = clear;
        best = moved[i];
      }
    }
    if (best_clarity > clearest_) {
      clearest_ = best_clarity;
      report_.placement = best;
    }
    return best;
  }

  Status try_candidate(const Found& coarse) {
    VSEAL_ASSIGN_OR_RETURN(const Placement placement, refine(coarse));
    VSEAL_ASSIGN_OR_RETURN(const auto rolled,
                           reader_.read_rolled(placement, coarse.canvas, reader_.frames()));
    std::vector<size_t> order(rolled.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](size_t i) { return clarity(rolled[i]); });
    order.resize(std::min<size_t>(order.size(), kRollsTried));
    for (const size_t i : order) {
      if (report_.found) break;
      offer(rolled[i], placement);
    }
    return {};
  }

  CanvasReader& reader_;
  const SearchOptions& options_;
  const TryLogits& try_logits_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double clearest_ = -INFINITY;
  SearchReport report_;
};

}  // namespace

const char* search_name(SearchMode mode) {
  if (mode == SearchMode::kNone) return "none";
  return mode == SearchMode::kFast ? "fast" : "full";
}

int64_t most_tries(SearchMode mode) {
  if (mode == SearchMode::kNone) return 0;
  int64_t tries = static_cast<int64_t>(upright_placements().size());
  for (const Stage& stage : stages(mode)) tries += int64_t{stage.candidates} * kRollsTried;
  return tries;
}

Result<SearchReport> search(CanvasReader& reader, const SearchOptions& options,
                            const TryLogits& try_logits) {
  if (reader.frames() == 0 || options.mode == SearchMode::kNone) return SearchReport{};
  return Run(reader, options, try_logits).search();
}

}  // namespace vseal::watermark
