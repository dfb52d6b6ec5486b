// How strong a mark is: options that marking and evaluating share.
#pragma once

#include <CLI/CLI.hpp>

namespace vseal::cli {

inline constexpr const char* kStrengthGroup = "Strength";

// --strength, --psnr (0: not asked for) and --passes.
void add_strength(CLI::App& command, double& strength, double& psnr_db, int& passes);

}  // namespace vseal::cli
