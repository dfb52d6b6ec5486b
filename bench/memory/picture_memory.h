// What marking one picture costs in memory.
#pragma once

#include <string>

#include "base/status.h"

namespace vseal::bench {

// VideoSeal 1.0 at full size, its weights filled by rule, made integer by the command itself: what
// the command takes to mark one picture, reading it back and not. Prints a table; files go to
// `folder`.
Status measure_picture(const std::string& folder);

}  // namespace vseal::bench
