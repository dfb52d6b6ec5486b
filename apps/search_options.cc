#include "apps/search_options.h"

namespace vseal::cli {

const std::vector<std::string>& searches() {
  static const std::vector<std::string> kNames = {"none", "fast", "full"};
  return kNames;
}

vseal_search search_of(const std::string& mode) {
  if (mode == "none") return VSEAL_SEARCH_NONE;
  return mode == "full" ? VSEAL_SEARCH_FULL : VSEAL_SEARCH_FAST;
}

void add_search(CLI::App& command, std::string& mode, double& time_limit_s) {
  command
      .add_option("--search", mode,
                  "Where the ID does not come back: none; fast (flips, quarter turns, zoom, crops "
                  "of one side, rotations up to 45 degrees); full (any crop, all of it combined, "
                  "pictures within pictures)")
      ->type_name("HOW")
      ->check(CLI::IsMember(searches()))
      ->capture_default_str();
  command
      .add_option("--search-time", time_limit_s,
                  "Seconds after which a search gives up; 0: 10, or 60 for full")
      ->type_name("S")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
}

}  // namespace vseal::cli
