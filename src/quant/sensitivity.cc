#include "quant/sensitivity.h"

#include <algorithm>

namespace vseal::quant {
namespace {

// The output's error when `keep_float` keeps those ops float.
Result<double> snr_with(const graph::Graph& prepared, const Calibration& calibration,
                        QuantizeOptions options, std::function<bool(const graph::Op&)> keep_float,
                        const Outputs& expected, const SampleSource& samples, ThreadPool& pool) {
  options.keep_float = std::move(keep_float);
  VSEAL_ASSIGN_OR_RETURN(const graph::Graph made, quantize(prepared, calibration, options));
  VSEAL_ASSIGN_OR_RETURN(const OutputError error, compare(made, expected, samples, pool));
  return error.snr_db();
}

}  // namespace

Result<std::vector<OpLoss>> sensitivity(const graph::Graph& prepared,
                                        const Calibration& calibration,
                                        const QuantizeOptions& options, const Outputs& expected,
                                        const SampleSource& samples, ThreadPool& pool,
                                        const Progress& progress) {
  const std::vector<bool> can = can_be_integer(prepared);
  std::vector<OpLoss> losses;
  for (size_t i = 0; i < can.size(); ++i) {
    const graph::Op& op = prepared.ops()[i];
    if (can[i] && is_weighted(op)) losses.push_back({op.name, graph::op_name(op.attributes), 0});
  }
  for (size_t i = 0; i < losses.size(); ++i) {
    const auto others = [&](const graph::Op& op) { return op.name != losses[i].name; };
    VSEAL_ASSIGN_OR_RETURN(losses[i].snr_db, snr_with(prepared, calibration, options, others,
                                                      expected, samples, pool));
    VSEAL_RETURN_IF_ERROR(
        report(progress, static_cast<int>(i) + 1, static_cast<int>(losses.size())));
  }
  std::ranges::stable_sort(losses, {}, &OpLoss::snr_db);
  return losses;
}

Result<MixedChoice> choose_mixed(const graph::Graph& prepared, const Calibration& calibration,
                                 const QuantizeOptions& options, std::span<const OpLoss> losses,
                                 double wanted_snr_db, const Outputs& expected,
                                 const SampleSource& samples, ThreadPool& pool,
                                 const Progress& progress) {
  MixedChoice choice;
  const auto is_kept = [&](const graph::Op& op) { return choice.kept_float.contains(op.name); };
  for (size_t kept = 0; kept <= losses.size(); ++kept) {
    if (kept > 0) choice.kept_float.insert(losses[kept - 1].name);
    VSEAL_ASSIGN_OR_RETURN(
        choice.snr_db, snr_with(prepared, calibration, options, is_kept, expected, samples, pool));
    VSEAL_RETURN_IF_ERROR(
        report(progress, static_cast<int>(kept) + 1, static_cast<int>(losses.size()) + 1));
    if (choice.snr_db >= wanted_snr_db) break;
  }
  return choice;
}

}  // namespace vseal::quant
