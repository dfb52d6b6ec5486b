// Shared libraries that are loaded when they are first needed: a picture needs no video library,
// and loading that with everything behind it takes longer than marking a picture.
#pragma once

#include <cstddef>

#include "base/status.h"

namespace vseal {

// The functions that a room calls of one library; cmake/delay_load.py makes these. A call before
// load_delayed() is a bug and crashes.
struct DelayedLibrary {
  const char* name;            // soname
  const char* const* symbols;  // [count]
  void** slots;                // [count], filled by load_delayed()
  size_t count;
};

// Loads the library for the rest of the process, once. kUnavailable where it or one of the
// functions is missing. Thread-safe.
Status load_delayed(const DelayedLibrary& library);

}  // namespace vseal
