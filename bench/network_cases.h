// Whole networks through the engine.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "harness.h"

namespace vseal::bench {

// Both halves of VideoSeal 1.0 and 0.0 with weights by rule and of the default model, those whose
// name contains `filter`. The cases keep a session for each pool they were checked on.
Result<std::vector<Case>> network_cases(const std::string& filter);

}  // namespace vseal::bench
