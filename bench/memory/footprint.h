// What a process has in memory, as another sees it.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace vseal::bench {

struct Footprint {
  double own_mb = 0;        // the most at one time of all that is no shared library
  double libraries_mb = 0;  // pages of shared libraries then
  double all_mb = 0;        // the peak as the system counts it
  int exit_code = 0;
};

// Runs a command, what it prints going nowhere, and looks at its maps every few milliseconds.
Result<Footprint> watch(const std::vector<std::string>& command);

}  // namespace vseal::bench
