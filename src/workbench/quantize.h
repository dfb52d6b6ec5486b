// Models that compute on integers, made from float ones and pictures.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "models/model.h"
#include "quant/measure.h"
#include "quant/quantize.h"
#include "quant/sensitivity.h"
#include "workbench/quantize_attacks.h"

namespace vseal::workbench {

enum class QuantizePrecision {
  kInt8,   // integers from the first convolution to the last but one
  kMixed,  // the fewest ops float that reach min_snr_db
  kF16,    // weights stored in 16 bits, arithmetic as before
  kBF16,
};

// Whether nothing is calibrated or computed otherwise.
constexpr bool stores_only(QuantizePrecision precision) {
  return precision == QuantizePrecision::kF16 || precision == QuantizePrecision::kBF16;
}

struct QuantizeSettings {
  std::string data;   // folder of pictures, a picture, or a clip
  int samples = 200;  // pictures or frames to calibrate on, evenly spread
  QuantizePrecision precision = QuantizePrecision::kInt8;
  double min_snr_db = 30;    // of each network's output against f32, for kMixed
  bool sensitivity = false;  // measure every op alone, also for kInt8
  bool equalize = true;      // where it brings a network's output closer to f32
  bool split_picture = true;
  quant::RangeMethod ranges = quant::RangeMethod::kMse;
  bool correct_bias = true;
  IfExists if_exists = IfExists::kFail;
  // Where report.json and report.html go; none if empty. With one, pictures that were kept apart
  // are marked, attacked and read by both forms.
  std::string report_folder = {};
};

// What became of one network.
struct NetworkOutcome {
  std::string name;  // "embedder", "detector"
  int integer_ops = 0;
  int float_ops = 0;  // on the picture's path
  bool equalized = false;
  std::vector<quant::TensorError> tensors;
  std::vector<quant::OpLoss> losses;  // worst first; empty if not asked for
  std::set<std::string> kept_float;
  quant::OutputError error;  // of the written file against the float network
};

struct QuantizeReport {
  models::Card card;
  int calibrated_on = 0;
  int measured_on = 0;
  bool measured_apart = false;  // on pictures that calibration has not seen
  std::vector<NetworkOutcome> networks;
  std::vector<PairUnderAttack> attacked;  // on measured_on pictures; none without a report's folder
  double calibration_s = 0;
  double sensitivity_s = 0;
  int64_t output_bytes = 0;
};

// Called with what is being done, units done and in all; false gives up (kCancelled).
using QuantizeProgress = std::function<bool(const char* stage, int done, int total)>;

// Quantises both networks of `model` and writes them as `output`, whole or not at all, then reads
// that back and measures it on up to 16 other pictures (of the same where there are no others). The
// detector is calibrated on marked and on unmarked pictures. Pictures that cannot be read are
// errors, as is a folder without any. kUnsupported for a model that computes on integers already.
Result<QuantizeReport> quantize_model(const std::shared_ptr<const models::Model>& model,
                                      const std::string& output, const QuantizeSettings& settings,
                                      ThreadPool& pool, const QuantizeProgress& progress = {});

// The report as JSON, keys as in docs/json.md.
std::string quantize_json(const std::string& output, const QuantizeReport& report);
// Writes report.json and a page that draws it, report.html, into `folder`, which is made.
Status write_quantize_report(const std::string& folder, const std::string& output,
                             const QuantizeReport& report);

}  // namespace vseal::workbench
