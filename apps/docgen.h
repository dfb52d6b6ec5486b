// Man pages and shell completions, made from the option tables.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vseal::cli {

// Pages in man(7) macros: vseal(1) and one for each subcommand.
std::string man_page(const CLI::App& app);
std::string man_page(const CLI::App& app, const std::string& command);

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

// The command that takes the options: the subcommand itself, or its only subcommand ("model info").
const CLI::App& leaf_of(const CLI::App& command);

}  // namespace vseal::cli
