// What the search for geometry finds, and what it costs.
//
//   search_bench [--data FOLDER] [--model FILE] [--strength S] [--id-bits N] [--every N]
//                [--search fast|full] [--time-limit S] [--attacks LIST]
//
// Marks every picture of FOLDER (VSEAL_DATA/data/eval by default) with an ID of N random bits, in
// memory, attacks it, and reads it: as it is, then by the search. Prints a Markdown table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "attacks/attack.h"
#include "marked_pictures.h"
#include "models/model.h"
#include "payload/codec.h"
#include "watermark/reader.h"
#include "watermark/search.h"

namespace vseal::bench {
namespace {

struct Settings {
  std::string data;
  std::string model;
  float strength = 1;
  int id_bits = 48;
  int every = 1;
  bool full = false;
  bool verbose = false;
  double time_limit_s = 0;
  std::string attacks =
      "identity,flip,turn:90,turn:180,rotate:5,rotate:10,rotate:30,zoom:5,zoom:-5,crop:0.9,crop:0."
      "71,crop:0.5,"
      "window:1.7778,window:1.3333,aspect:0.75,pad:0.1,inset:0.5,flip+rotate:3,"
      "crop:0.71+jpeg:60+brightness:0.5";
};

struct Marked {
  MarkedPicture picture;
  payload::Payload id;
};

// Of one attack over all pictures.
struct Row {
  int pictures = 0;
  int direct = 0;
  int found = 0;
  int wrong = 0;
  int64_t hypotheses = 0;
  double seconds = 0;
  double longest = 0;
};

class Bench {
 public:
  explicit Bench(Settings settings) : settings_(std::move(settings)) {}

  Status prepare() {
    VSEAL_ASSIGN_OR_RETURN(const auto model, settings_.model.empty()
                                                 ? models::default_model()
                                                 : models::load_model(settings_.model));
    VSEAL_ASSIGN_OR_RETURN(networks_, watermark::Networks::compile(*model));
    VSEAL_ASSIGN_OR_RETURN(auto codec, payload::Codec::create({.bits = networks_->card().bits}));
    codec_ = std::make_unique<payload::Codec>(std::move(codec));
    VSEAL_ASSIGN_OR_RETURN(attacks_, attacks::parse_attacks(settings_.attacks));
    VSEAL_ASSIGN_OR_RETURN(const auto pictures, load_pictures(settings_.data));
    for (size_t i = 0; i < pictures.size(); i += static_cast<size_t>(settings_.every)) {
      VSEAL_ASSIGN_OR_RETURN(Marked marked, mark(pictures[i], i));
      marked_.push_back(std::move(marked));
    }
    return {};
  }

  Status run() {
    double psnr = 0;
    for (const Marked& one : marked_)
      psnr += one.picture.psnr_db / static_cast<double>(marked_.size());
    fmt::print("{}, {} pictures at {:.2f} dB, IDs of {} bits, {} search\n\n",
               networks_->card().name, marked_.size(), psnr, settings_.id_bits,
               settings_.full ? "full" : "fast");
    fmt::print("| attack | as it is | with search | wrong | s a picture | longest | a second |\n");
    fmt::print("|---|---|---|---|---|---|---|\n");
    for (const auto& attack : attacks_) {
      VSEAL_ASSIGN_OR_RETURN(const Row row, read_all(attack));
      const double n = row.pictures;
      fmt::print("| {} | {:.0f} % | {:.0f} % | {} | {:.2f} | {:.2f} | {:.0f} |\n", attack.name(),
                 100 * row.direct / n, 100 * row.found / n, row.wrong, row.seconds / n, row.longest,
                 row.seconds > 0 ? static_cast<double>(row.hypotheses) / row.seconds : 0.0);
      std::fflush(stdout);
    }
    return {};
  }

 private:
  Result<Marked> mark(const media::Raster& original, size_t index) {
    std::mt19937 random(static_cast<unsigned>(index));
    payload::Payload id{payload::Type::kHex, {}};
    for (int i = 0; i < settings_.id_bits / 8; ++i) {
      id.bytes.push_back(static_cast<uint8_t>(random()));
    }
    VSEAL_ASSIGN_OR_RETURN(auto message, codec_->encode(id));
    VSEAL_ASSIGN_OR_RETURN(MarkedPicture picture,
                           mark_picture(original, std::move(message), networks_,
                                        {.strength = settings_.strength}, &pool_));
    return Marked{std::move(picture), std::move(id)};
  }

  Result<Row> read_all(const attacks::Attack& attack) {
    Row row;
    for (size_t i = 0; i < marked_.size(); ++i) {
      const attacks::Chance chance{.seed = i};
      VSEAL_ASSIGN_OR_RETURN(media::Raster attacked,
                             attacks::attack_picture(marked_[i].picture.picture, attack, chance));
      ++row.pictures;
      VSEAL_RETURN_IF_ERROR(read(attacked.view(), marked_[i], row));
    }
    return row;
  }

  Status read(const FrameView& frame, const Marked& marked, Row& row) {
    const payload::Payload& id = marked.id;
    VSEAL_ASSIGN_OR_RETURN(const auto reader, watermark::Reader::create(networks_, &pool_));
    VSEAL_RETURN_IF_ERROR(reader->add(frame));
    const auto direct = codec_->decode(reader->logits(), 2);
    const bool read = direct.verdict == payload::Verdict::kPresent && direct.payload == id;
    row.direct += read;
    row.found += read;
    if (read) return {};
    const watermark::SearchOptions options{
        .mode = settings_.full ? watermark::SearchMode::kFull : watermark::SearchMode::kFast,
        .time_limit_s = settings_.time_limit_s};
    VSEAL_ASSIGN_OR_RETURN(const auto canvas, watermark::CanvasReader::create(networks_, &pool_));
    VSEAL_RETURN_IF_ERROR(canvas->add(frame));
    const int64_t trials = 2 * watermark::most_tries(options.mode);
    payload::Reading last;
    double best = 0;
    VSEAL_ASSIGN_OR_RETURN(const auto report,
                           watermark::search(*canvas, options, [&](std::span<const float> logits) {
                             last = codec_->decode(logits, trials);
                             best = std::max(best, share_right(logits, marked.picture.message));
                             return last.verdict == payload::Verdict::kPresent;
                           }));
    row.found += report.found && last.payload == id;
    row.wrong += report.found && last.payload != id;
    row.hypotheses += report.hypotheses;
    row.seconds += report.seconds;
    row.longest = std::max(row.longest, report.seconds);
    if (settings_.verbose) {
      fmt::print("{}: {:.1f} % of bits, {} tries, {}, shift {:.0f} {:.0f}\n",
                 report.found ? "found" : "lost", 100 * best, report.tries, report.placement.text(),
                 report.placement.shift_x, report.placement.shift_y);
    }
    return {};
  }

  Settings settings_;
  ThreadPool pool_;
  std::shared_ptr<const watermark::Networks> networks_;
  std::unique_ptr<payload::Codec> codec_;
  std::vector<attacks::Attack> attacks_;
  std::vector<Marked> marked_;
};

int run(int argc, char** argv) {
  Settings settings;
  if (const char* data = std::getenv("VSEAL_DATA"))
    settings.data = std::string(data) + "/data/eval";
  CLI::App app("What the search for geometry finds, and what it costs.");
  app.add_option("--data", settings.data);
  app.add_option("--model", settings.model);
  app.add_option("--strength", settings.strength);
  app.add_option("--id-bits", settings.id_bits);
  app.add_option("--every", settings.every, "only every so many pictures")
      ->check(CLI::PositiveNumber);
  app.add_flag("--full", settings.full);
  app.add_flag("-v,--verbose", settings.verbose, "a line for each search");
  app.add_option("--time-limit", settings.time_limit_s);
  app.add_option("--attacks", settings.attacks);
  CLI11_PARSE(app, argc, argv);
  Bench bench(settings);
  Status status = bench.prepare();
  if (status.ok()) status = bench.run();
  if (!status.ok()) fmt::print(stderr, "search_bench: {}\n", status.message());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) { return vseal::bench::run(argc, argv); }
