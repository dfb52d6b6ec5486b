// Integer convolutions of the watermarking networks, with random values.
#pragma once

#include <vector>

#include "base/status.h"
#include "harness.h"

namespace vseal::bench {

// One case a shape, by the best kernel of the instruction set in use. The cases own their tensors.
Result<std::vector<Case>> int8_cases();

}  // namespace vseal::bench
