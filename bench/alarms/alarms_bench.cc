// How often unmarked pictures and frames give an ID, against what a reading states.
//
//   alarms_bench [--data FOLDER] [--reads N]     (VSEAL_DATA/data by default)
//                [--search none|fast|full] [--search-views N] [--search-keys N]
//
// Every picture and clip below FOLDER is read whole and cropped; each view passes the detector once
// and its logits are decoded under many keys. A key masks the message after the network, and every
// read draws its own: given the media, reads are independent. Some views are also searched for
// geometry, once each, and all that the search offers is decoded under many keys. Prints Markdown
// tables.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "interval.h"
#include "media_logits.h"
#include "models/model.h"
#include "payload/codec.h"
#include "pipeline/search_id.h"
#include "search_tally.h"
#include "tally.h"

namespace vseal::bench {
namespace {

using Networks = std::shared_ptr<const watermark::Networks>;
using watermark::SearchMode;

struct Settings {
  std::string data;
  std::string model;
  int64_t reads = 100000;
  MediaOptions media;
  SearchMode search = SearchMode::kFast;
  int search_views = 24;
  int search_keys = 60;
};

const std::map<std::string, SearchMode>& searches() {
  static const std::map<std::string, SearchMode> kModes = {
      {"none", SearchMode::kNone}, {"fast", SearchMode::kFast}, {"full", SearchMode::kFull}};
  return kModes;
}

std::string check_name(size_t index) {
  return kCheckBits[index] == 0 ? "the real check"
                                : fmt::format("a check of {} bits", kCheckBits[index]);
}

// Rows of events out of so many reads.
class Table {
 public:
  explicit Table(int64_t reads) : reads_(reads) {
    fmt::print(
        "| event | seen | rate | 95 % interval | stated, at most | |\n|---|---|---|---|---|---|\n");
  }

  void row(const std::string& what, int64_t events, double bound) {
    const Interval interval = clopper_pearson(events, reads_);
    const bool holds = interval.low <= bound;
    fmt::print("| {} | {} | {:.2e} | {:.2e} to {:.2e} | {:.2e} | {} |\n", what, events,
               static_cast<double>(events) / static_cast<double>(reads_), interval.low,
               interval.high, bound, holds ? "holds" : "BROKEN");
    holds_ = holds_ && holds;
  }

  // False when an interval lies above what is stated.
  bool holds() const { return holds_; }

 private:
  int64_t reads_;
  bool holds_ = true;
};

bool print(const AlarmTally& tally, size_t views, int bits) {
  fmt::print("{} reads of {} views, {} bits\n\n", tally.reads, views, bits);
  Table table(tally.reads);
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    table.row("false ID under " + check_name(c), tally.present[c], tally.bound[c]);
  }
  table.row("uncertain", tally.uncertain, payload::kUncertainRate);
  for (size_t l = 0; l < kLevels.size(); ++l) {
    table.row(fmt::format("known ID, p <= {:g}", kLevels[l]), tally.known_id[l], kLevels[l]);
  }
  return table.holds();
}

bool print(const SearchTally& tally, SearchMode mode) {
  fmt::print("\n{} searched reads of {} views, {:.1f} offers each and at most {}\n\n", tally.reads,
             tally.views, static_cast<double>(tally.offers) / static_cast<double>(tally.views),
             watermark::most_tries(mode));
  Table table(tally.reads);
  table.row("present by a search", tally.taken, pipeline::kSearchPValue);
  table.row("uncertain by a search", tally.uncertain, payload::kUncertainRate);
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    table.row("any offer passes " + check_name(c), tally.present[c], tally.bound[c]);
    if (kCheckBits[c] == 0) continue;
    for (size_t l = 0; l < kSearchLevels.size(); ++l) {
      table.row(fmt::format("{}, least p <= {:g}", check_name(c), kSearchLevels[l]),
                tally.p_value[c][l], kSearchLevels[l]);
    }
  }
  return table.holds();
}

Result<bool> read_plainly(const Settings& settings, const std::vector<std::string>& files,
                          const Networks& networks, ThreadPool& pool) {
  VSEAL_ASSIGN_OR_RETURN(const auto reader, watermark::Reader::create(networks, &pool));
  std::vector<std::vector<float>> logits;
  const ViewCallback read = [&](const FrameView& view) -> Status {
    reader->reset();
    VSEAL_RETURN_IF_ERROR(reader->add(view));
    logits.emplace_back(reader->logits().begin(), reader->logits().end());
    return {};
  };
  VSEAL_RETURN_IF_ERROR(for_each_view(files, settings.media, read));
  if (logits.empty()) return invalid_argument(settings.data + ": no pictures or clips");
  const auto views = static_cast<int64_t>(logits.size());
  const int keys = static_cast<int>((settings.reads + views - 1) / views);
  std::mt19937_64 random(settings.media.seed);
  AlarmTally tally;
  for (const std::vector<float>& one : logits) read_under_keys(one, keys, random, pool, tally);
  return print(tally, logits.size(), networks->card().bits);
}

// A whole and a crop of each of some files that lie at even distances.
Result<bool> read_searching(const Settings& settings, const std::vector<std::string>& files,
                            const Networks& networks, ThreadPool& pool) {
  const MediaOptions media{.crops = 1, .frames = 1, .seed = settings.media.seed};
  std::mt19937_64 random(settings.media.seed + 1);
  SearchTally tally;
  const ViewCallback read = [&](const FrameView& view) -> Status {
    VSEAL_ASSIGN_OR_RETURN(const auto offers, offers_of(view, networks, settings.search, pool));
    read_offers_under_keys(offers, settings.search, settings.search_keys, random, pool, tally);
    return {};
  };
  const auto some = evenly(files, static_cast<size_t>(settings.search_views + 1) / 2);
  VSEAL_RETURN_IF_ERROR(for_each_view(some, media, read));
  if (tally.reads == 0) return invalid_argument(settings.data + ": no pictures or clips");
  return print(tally, settings.search);
}

Result<bool> run(const Settings& settings) {
  if (settings.reads == 0 && settings.search == SearchMode::kNone) {
    return invalid_argument("--reads 0 --search none: nothing is read");
  }
  VSEAL_ASSIGN_OR_RETURN(const auto model, settings.model.empty()
                                               ? models::default_model()
                                               : models::load_model(settings.model));
  VSEAL_ASSIGN_OR_RETURN(const Networks networks, watermark::Networks::compile(*model));
  ThreadPool pool;
  VSEAL_ASSIGN_OR_RETURN(const auto files, media_files(settings.data));
  bool holds = true;
  if (settings.reads > 0) {
    VSEAL_ASSIGN_OR_RETURN(holds, read_plainly(settings, files, networks, pool));
    std::fflush(stdout);
  }
  if (settings.search == SearchMode::kNone) return holds;
  VSEAL_ASSIGN_OR_RETURN(const bool searched, read_searching(settings, files, networks, pool));
  return holds && searched;
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
  app.add_option("--reads", settings.reads, "at least so many plain ones; 0: none")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--crops", settings.media.crops, "of each picture and frame");
  app.add_option("--frames", settings.media.frames, "of each clip");
  app.add_option("--seed", settings.media.seed, "of crops and keys");
  app.add_option("--search", settings.search, "none, fast or full")
      ->transform(CLI::CheckedTransformer(searches()));
  app.add_option("--search-views", settings.search_views, "searched: about so many")
      ->check(CLI::PositiveNumber);
  app.add_option("--search-keys", settings.search_keys, "that each searched view is read under")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const auto holds = run(settings);
  if (!holds.ok()) {
    fmt::print(stderr, "alarms: {}\n", holds.status().message());
    return 1;
  }
  return *holds ? 0 : 2;
}
