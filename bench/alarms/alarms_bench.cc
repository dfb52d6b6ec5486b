// How often unmarked pictures and frames give an ID, against what a reading states.
//
//   alarms_bench [--data FOLDER] [--reads N]     (VSEAL_DATA/data by default)
//
// Every picture and clip below FOLDER is read whole and cropped; each view passes the detector once
// and its logits are decoded under many keys. A key masks the message after the network, and every
// read draws its own: given the media, reads are independent. Prints Markdown tables.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "interval.h"
#include "media_logits.h"
#include "models/model.h"
#include "payload/codec.h"
#include "tally.h"

namespace vseal::bench {
namespace {

struct Settings {
  std::string data;
  std::string model;
  int64_t reads = 100000;
  MediaOptions media;
};

void print_row(const std::string& what, int64_t events, int64_t reads, double bound) {
  const Interval interval = clopper_pearson(events, reads);
  fmt::print("| {} | {} | {:.2e} | {:.2e} to {:.2e} | {:.2e} | {} |\n", what, events,
             static_cast<double>(events) / static_cast<double>(reads), interval.low, interval.high,
             bound, interval.low <= bound ? "holds" : "BROKEN");
}

// Returns false when an interval lies above what is stated.
bool print(const AlarmTally& tally, int views, int bits) {
  fmt::print("{} reads of {} views, {} bits\n\n", tally.reads, views, bits);
  fmt::print(
      "| event | seen | rate | 95 % interval | stated, at most | |\n|---|---|---|---|---|---|\n");
  bool holds = true;
  const auto row = [&](const std::string& what, int64_t events, double bound) {
    print_row(what, events, tally.reads, bound);
    holds = holds && clopper_pearson(events, tally.reads).low <= bound;
  };
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    const std::string check =
        kCheckBits[c] == 0 ? "the real check" : fmt::format("a check of {} bits", kCheckBits[c]);
    row("false ID under " + check, tally.present[c], tally.bound[c]);
  }
  row("uncertain", tally.uncertain, payload::kUncertainRate);
  for (size_t l = 0; l < kLevels.size(); ++l) {
    row(fmt::format("known ID, p <= {:g}", kLevels[l]), tally.known_id[l], kLevels[l]);
  }
  return holds;
}

Result<bool> run(const Settings& settings) {
  VSEAL_ASSIGN_OR_RETURN(const auto model, settings.model.empty()
                                               ? models::default_model()
                                               : models::load_model(settings.model));
  VSEAL_ASSIGN_OR_RETURN(const auto networks, watermark::Networks::compile(*model));
  ThreadPool pool;
  VSEAL_ASSIGN_OR_RETURN(const auto reader, watermark::Reader::create(networks, &pool));
  VSEAL_ASSIGN_OR_RETURN(const auto files, media_files(settings.data));
  std::vector<std::vector<float>> logits;
  const ViewCallback read = [&](const FrameView& view) -> Status {
    reader->reset();
    VSEAL_RETURN_IF_ERROR(reader->add(view));
    logits.emplace_back(reader->logits().begin(), reader->logits().end());
    return {};
  };
  VSEAL_RETURN_IF_ERROR(for_each_view(files, settings.media, read));
  if (logits.empty()) return invalid_argument(settings.data + ": no pictures or clips");
  const int views = static_cast<int>(logits.size());
  const int keys = static_cast<int>((settings.reads + views - 1) / views);
  std::mt19937_64 random(settings.media.seed);
  AlarmTally tally;
  for (const std::vector<float>& one : logits) read_under_keys(one, keys, random, pool, tally);
  return print(tally, views, networks->card().bits);
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  using namespace vseal::bench;
  CLI::App app("False alarms on unmarked pictures and clips under random keys");
  Settings settings;
  const char* data = std::getenv("VSEAL_DATA");
  if (data != nullptr) settings.data = std::string(data) + "/data";
  app.add_option("--data", settings.data, "folder of pictures and clips")->capture_default_str();
  app.add_option("--model", settings.model, "the one inside vseal by default");
  app.add_option("--reads", settings.reads, "at least so many")->check(CLI::PositiveNumber);
  app.add_option("--crops", settings.media.crops, "of each picture and frame");
  app.add_option("--frames", settings.media.frames, "of each clip");
  app.add_option("--seed", settings.media.seed, "of crops and keys");
  CLI11_PARSE(app, argc, argv);
  const auto holds = run(settings);
  if (!holds.ok()) {
    fmt::print(stderr, "alarms: {}\n", holds.status().message());
    return 1;
  }
  return *holds ? 0 : 2;
}
