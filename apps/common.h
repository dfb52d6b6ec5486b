// What every command does with errors, models and keys.
#pragma once

#include <cstdio>

#include "apps/options.h"
#include "vseal/vseal.hpp"

namespace vseal::cli {

// Says what went wrong, in one line on standard error; under --json also as an object on `answers`.
// Returns the exit code.
int fail(const CommonSettings& common, const Error& error, std::FILE* answers = stdout);

// The model and key that the options name.
Expected<Context> open_context(const CommonSettings& common);

}  // namespace vseal::cli
