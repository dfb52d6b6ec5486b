// Man pages and shell completions, made from the option tables.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/options.h"

namespace vseal::cli {

// Pages in man(7) macros: vseal(1) and one for each subcommand.
std::string man_page(const CLI::App& app);
std::string man_page(const CLI::App& app, const CommandText& command);

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace vseal::cli
