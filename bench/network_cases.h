// Whole networks through the engine.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "harness.h"

namespace vseal::bench {

// Both halves of VideoSeal 1.0 and 0.0 with weights by rule, of the default model and of the models
// in `files` (named by their file), those whose name contains `filter`. The cases keep a session
// for each pool they were checked on.
Result<std::vector<Case>> network_cases(const std::string& filter,
                                        const std::vector<std::string>& files);

}  // namespace vseal::bench
