// How far to search for a mark: options that detect and eval share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "vseal/vseal.h"

namespace vseal::cli {

const std::vector<std::string>& searches();
// `mode` is one of searches().
vseal_search search_of(const std::string& mode);
void add_search(CLI::App& command, std::string& mode, double& time_limit_s);

}  // namespace vseal::cli
