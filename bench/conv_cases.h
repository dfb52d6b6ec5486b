// Convolution shapes of the watermarking networks, with random weights.
#pragma once

#include <vector>

#include "base/status.h"
#include "harness.h"

namespace vseal::bench {

// One case a shape and a kernel. The cases own their tensors.
Result<std::vector<Case>> conv_cases();

}  // namespace vseal::bench
