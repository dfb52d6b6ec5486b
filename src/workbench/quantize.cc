#include "workbench/quantize.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/vseal_file.h"
#include "quant/calibrate.h"
#include "quant/choose_equalized.h"
#include "quant/prepare.h"
#include "quant/split_picture.h"
#include "workbench/digest.h"
#include "workbench/json_text.h"
#include "workbench/quantize_samples.h"

namespace vseal::workbench {
namespace {

using graph::Graph;
using Clock = std::chrono::steady_clock;

constexpr size_t kMeasured = 16;        // pictures that the result is measured on
constexpr int kSensitivitySamples = 4;  // every op runs on these
constexpr char kConverter[] = "vseal quantize";

using Json = nlohmann::ordered_json;

// Where the float weights came from: as the model's file says it, or the model itself.
Result<Json> origin_of(const models::Model& model) {
  Json json = Json::parse(model.provenance, nullptr, false);
  if (json.is_object()) return json;
  VSEAL_ASSIGN_OR_RETURN(const std::string sha256, sha256_of_model(model));
  return Json{{"source", model.card.name}, {"sha256", sha256}};
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One network on its way: samples of it and what is to be done.
class NetworkJob {
 public:
  NetworkJob(std::string name, const Graph& original, const QuantizeSettings& settings,
             ThreadPool& pool, const QuantizeProgress& progress)
      : original_(original), settings_(settings), pool_(pool), progress_(progress) {
    outcome_.name = std::move(name);
    options_.activations = settings.ranges;
    options_.weights = settings.ranges;
    options_.correct_bias = settings.correct_bias;
    options_.prefix = outcome_.name + "/";
  }

  // Samples must outlive the job.
  void set_samples(quant::SampleSource calibration, quant::SampleSource measured) {
    calibration_samples_ = std::move(calibration);
    measured_samples_ = std::move(measured);
  }

  // Finds weights that are no numbers before anything runs on them.
  Status prepare() {
    VSEAL_ASSIGN_OR_RETURN(prepared_, quant::prepare(original_));
    return {};
  }

  Status calibrate() {
    if (settings_.equalize) VSEAL_RETURN_IF_ERROR(equalize_if_it_pays());
    if (settings_.split_picture) {
      VSEAL_ASSIGN_OR_RETURN(prepared_, quant::split_picture(prepared_));
    }
    VSEAL_ASSIGN_OR_RETURN(calibration_, quant::calibrate(prepared_, calibration_samples_, pool_,
                                                          stage("calibration")));
    return {};
  }

  // Measures every op alone and, for mixed precision, chooses which stay float.
  Status examine() {
    const quant::SampleSource few = few_samples();
    VSEAL_ASSIGN_OR_RETURN(const quant::Outputs expected,
                           quant::run_reference_outputs(original_, few, pool_));
    VSEAL_ASSIGN_OR_RETURN(
        outcome_.losses, quant::sensitivity(prepared_, calibration_, options_, expected, few, pool_,
                                            stage("sensitivity")));
    if (settings_.precision != QuantizePrecision::kMixed) return {};
    VSEAL_ASSIGN_OR_RETURN(
        quant::MixedChoice choice,
        quant::choose_mixed(prepared_, calibration_, options_, outcome_.losses,
                            settings_.min_snr_db, expected, few, pool_, stage("choice")));
    outcome_.kept_float = std::move(choice.kept_float);
    return {};
  }

  Result<Graph> quantize() {
    options_.keep_float = [&](const graph::Op& op) {
      return outcome_.kept_float.contains(op.name);
    };
    VSEAL_ASSIGN_OR_RETURN(Graph made, quant::quantize(prepared_, calibration_, options_));
    outcome_.tensors = quant::tensor_errors(made, calibration_);
    for (const graph::Op& op : made.ops()) {
      if (graph::multiply_adds(op, made) == 0) continue;
      const bool integer = made.tensor(op.inputs[0]).dtype == graph::DType::kI8;
      (integer ? outcome_.integer_ops : outcome_.float_ops) += 1;
    }
    return made;
  }

  Status measure(const Graph& written) {
    VSEAL_ASSIGN_OR_RETURN(const quant::Outputs expected,
                           quant::run_reference_outputs(original_, measured_samples_, pool_));
    VSEAL_ASSIGN_OR_RETURN(outcome_.error, quant::compare(written, expected, measured_samples_,
                                                          pool_, stage("measuring")));
    return {};
  }

  NetworkOutcome take_outcome() { return std::move(outcome_); }

 private:
  Status equalize_if_it_pays() {
    VSEAL_ASSIGN_OR_RETURN(
        std::optional<Graph> equalized,
        quant::choose_equalized(original_, prepared_, calibration_samples_, options_,
                                settings_.split_picture, pool_, stage("equalization")));
    outcome_.equalized = equalized.has_value();
    if (equalized.has_value()) prepared_ = std::move(*equalized);
    return {};
  }

  quant::SampleSource few_samples() const {
    const int count = std::min(calibration_samples_.count, kSensitivitySamples);
    return quant::spread(calibration_samples_, 0, count);
  }
  quant::Progress stage(const char* name) const {
    if (!progress_) return {};
    return [this, text = outcome_.name + ": " + name](int done, int total) {
      return progress_(text.c_str(), done, total);
    };
  }

  const Graph& original_;
  const QuantizeSettings& settings_;
  ThreadPool& pool_;
  const QuantizeProgress& progress_;
  quant::SampleSource calibration_samples_, measured_samples_;
  Graph prepared_;
  quant::Calibration calibration_;
  quant::QuantizeOptions options_;
  NetworkOutcome outcome_;
};

quant::SampleSource source(const std::vector<PictureSamples>& pictures, size_t begin, size_t end,
                           quant::Sample PictureSamples::*network) {
  return {static_cast<int>(end - begin),
          [&pictures, begin, network](int i) -> Result<quant::Sample> {
            return pictures[begin + static_cast<size_t>(i)].*network;
          }};
}

class ModelJob {
 public:
  ModelJob(const std::shared_ptr<const models::Model>& model, const std::string& output,
           const QuantizeSettings& settings, ThreadPool& pool, const QuantizeProgress& progress)
      : model_(model),
        output_(output),
        settings_(settings),
        pool_(pool),
        progress_(progress),
        embedder_("embedder", model->embedder, settings, pool, progress),
        detector_("detector", model->detector, settings, pool, progress) {}

  Result<QuantizeReport> run() {
    report_.card = model_->card;
    VSEAL_RETURN_IF_ERROR(embedder_.prepare());
    VSEAL_RETURN_IF_ERROR(detector_.prepare());
    VSEAL_RETURN_IF_ERROR(take_pictures());
    const auto start = Clock::now();
    VSEAL_RETURN_IF_ERROR(embedder_.calibrate());
    VSEAL_RETURN_IF_ERROR(detector_.calibrate());
    report_.calibration_s = seconds_since(start);
    if (settings_.sensitivity || settings_.precision == QuantizePrecision::kMixed) {
      const auto begin = Clock::now();
      VSEAL_RETURN_IF_ERROR(embedder_.examine());
      VSEAL_RETURN_IF_ERROR(detector_.examine());
      report_.sensitivity_s = seconds_since(begin);
    }
    models::Model made = *model_;
    made.mapping = nullptr;
    VSEAL_ASSIGN_OR_RETURN(made.embedder, embedder_.quantize());
    VSEAL_ASSIGN_OR_RETURN(made.detector, detector_.quantize());
    VSEAL_ASSIGN_OR_RETURN(std::string provenance, this->provenance());
    VSEAL_RETURN_IF_ERROR(models::write_vseal(made, output_,
                                              {.if_exists = settings_.if_exists,
                                               .precision = models::Precision::kF16,
                                               .provenance = std::move(provenance)}));
    VSEAL_RETURN_IF_ERROR(measure());
    if (!settings_.report_folder.empty()) VSEAL_RETURN_IF_ERROR(attack());
    return std::move(report_);
  }

 private:
  Status take_pictures() {
    VSEAL_ASSIGN_OR_RETURN(const auto networks, watermark::Networks::compile(*model_));
    const quant::Progress stage = [&](int done, int total) {
      return !progress_ || progress_("reading pictures", done, total);
    };
    const size_t wanted = static_cast<size_t>(settings_.samples) + kMeasured;
    VSEAL_ASSIGN_OR_RETURN(paths_, sample_paths(settings_.data, wanted));
    VSEAL_ASSIGN_OR_RETURN(
        pictures_, paths_.empty() ? take_frames(settings_.data, wanted, networks, pool_, stage)
                                  : take_samples(paths_, networks, pool_, stage));
    // The last ones are kept apart where there are enough.
    const size_t count = pictures_.size();
    report_.measured_apart = count > kMeasured;
    const size_t calibrated = report_.measured_apart ? count - kMeasured : count;
    const size_t begin = report_.measured_apart ? calibrated : 0;
    report_.calibrated_on = static_cast<int>(calibrated);
    report_.measured_on = static_cast<int>(count - begin);
    embedder_.set_samples(source(pictures_, 0, calibrated, &PictureSamples::embedder),
                          source(pictures_, begin, count, &PictureSamples::embedder));
    detector_.set_samples(source(pictures_, 0, calibrated, &PictureSamples::detector),
                          source(pictures_, begin, count, &PictureSamples::detector));
    return {};
  }

  Result<std::string> provenance() const {
    VSEAL_ASSIGN_OR_RETURN(Json json, origin_of(*model_));
    json["converter"] = kConverter;
    json["calibrated_on"] = report_.calibrated_on;
    return json_text(json);
  }

  Status measure() {
    VSEAL_ASSIGN_OR_RETURN(written_, models::load_model(output_));
    VSEAL_RETURN_IF_ERROR(embedder_.measure(written_->embedder));
    VSEAL_RETURN_IF_ERROR(detector_.measure(written_->detector));
    report_.output_bytes = static_cast<int64_t>(written_->mapping->bytes().size());
    report_.networks.push_back(embedder_.take_outcome());
    report_.networks.push_back(detector_.take_outcome());
    return {};
  }

  // The pictures that were measured on; frames of a clip are not attacked.
  Status attack() {
    if (paths_.empty()) return {};
    const std::vector<std::string> paths(paths_.end() - report_.measured_on, paths_.end());
    const bool mixed = settings_.precision == QuantizePrecision::kMixed;
    VSEAL_ASSIGN_OR_RETURN(
        report_.attacked, attack_pairs(paths, {"f32", model_}, {mixed ? "mixed" : "int8", written_},
                                       pool_, progress_));
    return {};
  }

  const std::shared_ptr<const models::Model> model_;
  std::shared_ptr<const models::Model> written_;
  const std::string& output_;
  const QuantizeSettings& settings_;
  ThreadPool& pool_;
  const QuantizeProgress& progress_;
  std::vector<std::string> paths_;  // of pictures_; none of a clip
  std::vector<PictureSamples> pictures_;
  NetworkJob embedder_, detector_;
  QuantizeReport report_;
};

Result<QuantizeReport> store_narrow(const models::Model& model, const std::string& output,
                                    const QuantizeSettings& settings) {
  VSEAL_ASSIGN_OR_RETURN(const Json origin, origin_of(model));
  const bool half = settings.precision == QuantizePrecision::kF16;
  VSEAL_RETURN_IF_ERROR(
      models::write_vseal(model, output,
                          {.if_exists = settings.if_exists,
                           .precision = half ? models::Precision::kF16 : models::Precision::kBF16,
                           .provenance = json_text(origin)}));
  QuantizeReport report;
  report.card = model.card;
  std::error_code ignored;
  report.output_bytes = static_cast<int64_t>(std::filesystem::file_size(output, ignored));
  return report;
}

}  // namespace

Result<QuantizeReport> quantize_model(const std::shared_ptr<const models::Model>& model,
                                      const std::string& output, const QuantizeSettings& settings,
                                      ThreadPool& pool, const QuantizeProgress& progress) {
  if (graph::has_integers(model->embedder) || graph::has_integers(model->detector)) {
    return unsupported(model->card.name + ": expected a float model, got one of integers already");
  }
  if (settings.samples < 1) {
    return invalid_argument("samples: expected at least 1, got " +
                            std::to_string(settings.samples));
  }
  std::error_code ignored;
  if (settings.if_exists == IfExists::kFail && std::filesystem::exists(output, ignored)) {
    return cannot_create(output + ": exists already");
  }
  Result<QuantizeReport> report = stores_only(settings.precision)
                                      ? store_narrow(*model, output, settings)
                                      : ModelJob(model, output, settings, pool, progress).run();
  if (report.ok() && !settings.report_folder.empty()) {
    VSEAL_RETURN_IF_ERROR(write_quantize_report(settings.report_folder, output, *report));
  }
  return report;
}

}  // namespace vseal::workbench
