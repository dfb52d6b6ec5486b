// Linear layers and depthwise convolutions of the watermarking networks, with random weights.
#pragma once

#include <vector>

#include "base/status.h"
#include "harness.h"

namespace vseal::bench {

// One case a shape. The cases own their tensors.
Result<std::vector<Case>> light_cases();

}  // namespace vseal::bench
