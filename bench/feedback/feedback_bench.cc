// What passes of feedback are worth: raw bits right after attacks, by number of passes.
//
//   feedback_bench [--data FOLDER] [--model FILE] [--mean-psnr DB | --psnr DB] [--passes 0,1,2,3,4]
//                  [--gain-exponent E] [--attacks LIST]
//
// Marks every picture of FOLDER (VSEAL_DATA/data/eval by default) with random bits, in memory, and
// reads it back as it is and attacked. With --mean-psnr all pictures share the strength at which
// their mean PSNR is that; with --psnr each gets that PSNR. Prints a Markdown table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "attacks/attack.h"
#include "marked_pictures.h"
#include "models/model.h"
#include "watermark/reader.h"

namespace vseal::bench {
namespace {

struct Settings {
  std::string data;
  std::string model;
  double mean_psnr = 44;
  double psnr = 0;
  std::optional<float> gain_exponent;
  std::vector<int> passes = {0, 1, 2, 3, 4};
  std::string attacks = "identity,jpeg:40,noise:15";
};

// Of a figure over all pictures.
struct Spread {
  double sum = 0;
  double least = INFINITY;
  double most = -INFINITY;
  int count = 0;

  void add(double value) {
    sum += value;
    least = std::min(least, value);
    most = std::max(most, value);
    ++count;
  }
  double mean() const { return sum / std::max(count, 1); }
};

class Bench {
 public:
  explicit Bench(Settings settings) : settings_(std::move(settings)) {}

  Status prepare() {
    VSEAL_ASSIGN_OR_RETURN(const auto model, settings_.model.empty()
                                                 ? models::default_model()
                                                 : models::load_model(settings_.model));
    models::Model changed = *model;
    changed.card.gain_exponent = settings_.gain_exponent.value_or(model->card.gain_exponent);
    VSEAL_ASSIGN_OR_RETURN(networks_, watermark::Networks::compile(changed));
    VSEAL_ASSIGN_OR_RETURN(reader_, watermark::Reader::create(networks_, &pool_));
    VSEAL_ASSIGN_OR_RETURN(attacks_, attacks::parse_attacks(settings_.attacks));
    VSEAL_ASSIGN_OR_RETURN(originals_, load_pictures(settings_.data));
    if (settings_.psnr > 0) {
      options_.psnr_db = static_cast<float>(settings_.psnr);
      return {};
    }
    // PSNR falls by 20 dB a decade of strength, for each picture and so in the mean.
    options_.feedback_passes = 0;
    double mean = 0;
    for (size_t i = 0; i < originals_.size(); ++i) {
      VSEAL_ASSIGN_OR_RETURN(const MarkedPicture marked, mark(i));
      mean += marked.psnr_db / static_cast<double>(originals_.size());
    }
    options_.strength = static_cast<float>(std::pow(10.0, (mean - settings_.mean_psnr) / 20));
    return {};
  }

  Status run() {
    fmt::print("{}, {} pictures, {}\n\n| passes | PSNR | ms a pass |", networks_->card().name,
               originals_.size(),
               settings_.psnr > 0 ? fmt::format("{:.1f} dB each", settings_.psnr)
                                  : fmt::format("strength {:.3f}", options_.strength));
    for (const auto& attack : attacks_) fmt::print(" {} |", attack.name());
    fmt::print("\n|---|---|---|");
    for (size_t i = 0; i < attacks_.size(); ++i) fmt::print("---|");
    fmt::print("\n");
    for (const int passes : settings_.passes) {
      options_.feedback_passes = passes;
      VSEAL_RETURN_IF_ERROR(row());
    }
    return {};
  }

 private:
  Result<MarkedPicture> mark(size_t index) {
    std::mt19937 random(static_cast<unsigned>(index));
    std::vector<float> message;
    for (int i = 0; i < networks_->card().bits; ++i) {
      message.push_back(random() % 2 == 0 ? 1.0f : -1.0f);
    }
    return mark_picture(originals_[index], std::move(message), networks_, options_, &pool_);
  }

  Result<double> bits_right(const FrameView& frame, const std::vector<float>& message) {
    reader_->reset();
    VSEAL_RETURN_IF_ERROR(reader_->add(frame));
    return share_right(reader_->logits(), message);
  }

  Status row() {
    Spread psnr, ms;
    std::vector<Spread> shares(attacks_.size());
    for (size_t i = 0; i < originals_.size(); ++i) {
      VSEAL_ASSIGN_OR_RETURN(const MarkedPicture marked, mark(i));
      psnr.add(marked.psnr_db);
      const watermark::SceneCost& cost = marked.cost;
      ms.add(cost.passes > 0 ? 1e3 * cost.feedback_s / cost.passes : 0);
      for (size_t a = 0; a < attacks_.size(); ++a) {
        VSEAL_ASSIGN_OR_RETURN(const media::Raster attacked,
                               attacks::attack_picture(marked.picture, attacks_[a], {.seed = i}));
        VSEAL_ASSIGN_OR_RETURN(const double right, bits_right(attacked.view(), marked.message));
        shares[a].add(right);
      }
    }
    fmt::print("| {} | {:.2f} ({:.1f} to {:.1f}) | {:.1f} |", options_.feedback_passes, psnr.mean(),
               psnr.least, psnr.most, ms.mean());
    for (const Spread& share : shares) {
      fmt::print(" {:.2f} ({:.1f}) |", 100 * share.mean(), 100 * share.least);
    }
    fmt::print("\n");
    std::fflush(stdout);
    return {};
  }

  Settings settings_;
  ThreadPool pool_;
  std::shared_ptr<const watermark::Networks> networks_;
  std::unique_ptr<watermark::Reader> reader_;
  std::vector<attacks::Attack> attacks_;
  std::vector<media::Raster> originals_;
  watermark::MarkerOptions options_;
};

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  using namespace vseal::bench;
  CLI::App app("Raw bits right, in % (worst picture), by passes of feedback");
  Settings settings;
  const char* data = std::getenv("VSEAL_DATA");
  if (data != nullptr) settings.data = std::string(data) + "/data/eval";
  app.add_option("--data", settings.data, "folder of pictures")->capture_default_str();
  app.add_option("--model", settings.model, "the one inside vseal by default");
  auto* mean =
      app.add_option("--mean-psnr", settings.mean_psnr, "of all pictures, at one strength");
  app.add_option("--gain-exponent", settings.gain_exponent, "of pictures, in place of the card's");
  app.add_option("--psnr", settings.psnr, "of each picture")->excludes(mean);
  app.add_option("--passes", settings.passes)->delimiter(',');
  app.add_option("--attacks", settings.attacks, "as vseal eval names them")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Bench bench(settings);
  vseal::Status status = bench.prepare();
  if (status.ok()) status = bench.run();
  if (status.ok()) return 0;
  fmt::print(stderr, "feedback: {}\n", status.message());
  return 1;
}
