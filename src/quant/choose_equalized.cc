#include "quant/choose_equalized.h"

#include <algorithm>

#include "quant/equalize.h"
#include "quant/measure.h"
#include "quant/split_picture.h"

namespace vseal::quant {
namespace {

constexpr int kRangeSamples = 32;
constexpr int kChoiceSamples = 16;
constexpr double kWorthSeeingDb = 0.25;  // that so few samples can tell apart

}  // namespace

Result<std::optional<graph::Graph>> choose_equalized(const graph::Graph& original,
                                                     const graph::Graph& prepared,
                                                     const SampleSource& samples,
                                                     const QuantizeOptions& options,
                                                     bool finer_picture, ThreadPool& pool,
                                                     const Progress& progress) {
  VSEAL_RETURN_IF_ERROR(expect_samples(samples));
  // Where there are few, a third of them chooses; a single one does both.
  const int choosing = std::clamp(samples.count / 3, 1, kChoiceSamples);
  const int ranging = std::clamp(samples.count - choosing, 1, kRangeSamples);
  const SampleSource ranged = spread(samples, 0, ranging);
  const SampleSource others = spread(samples, samples.count - choosing, choosing);
  VSEAL_ASSIGN_OR_RETURN(const Outputs expected, run_reference_outputs(original, others, pool));

  const auto finer = [&](const graph::Graph& graph) -> Result<graph::Graph> {
    if (!finer_picture) return graph;
    return split_picture(graph);
  };
  const auto calibrated = [&](const graph::Graph& graph) {
    return calibrate(graph, ranged, pool, progress);
  };
  const auto snr_db = [&](const graph::Graph& graph, const Calibration& ranges) -> Result<double> {
    VSEAL_ASSIGN_OR_RETURN(const graph::Graph made, quantize(graph, ranges, options));
    VSEAL_ASSIGN_OR_RETURN(const OutputError error, compare(made, expected, others, pool));
    return error.snr_db();
  };

  VSEAL_ASSIGN_OR_RETURN(const graph::Graph plain, finer(prepared));
  VSEAL_ASSIGN_OR_RETURN(const Calibration plain_ranges, calibrated(plain));
  VSEAL_ASSIGN_OR_RETURN(const double plain_db, snr_db(plain, plain_ranges));
  // Splitting the picture renames nothing, so that its ranges are those of `prepared` as well.
  VSEAL_ASSIGN_OR_RETURN(graph::Graph equalized, equalize(prepared, plain_ranges));
  VSEAL_ASSIGN_OR_RETURN(const graph::Graph equal, finer(equalized));
  VSEAL_ASSIGN_OR_RETURN(const Calibration equal_ranges, calibrated(equal));
  VSEAL_ASSIGN_OR_RETURN(const double equal_db, snr_db(equal, equal_ranges));
  if (plain_db >= equal_db + kWorthSeeingDb) return std::optional<graph::Graph>();
  return std::optional<graph::Graph>(std::move(equalized));
}

}  // namespace vseal::quant
