#include <fmt/format.h>

#include "apps/docgen.h"
#include "apps/options.h"

namespace vseal::cli {
namespace {

std::string join(const std::vector<std::string>& words, const std::string& separator = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::vector<std::string> flags_of(const CLI::App& leaf) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : leaf.get_options()) {
    if (option->get_positional()) continue;
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string long_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames().front();
}

// Brackets and colons are syntax in a zsh _arguments specification; quotes end it.
std::string zsh_escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c == '\'' ? '"' : c;
  }
  return out;
}

std::string zsh_option(const CLI::Option& option) {
  const std::string name = long_name(option);
  const std::vector<std::string> values = option_values(name);
  std::string value;
  if (takes_value(option)) {
    value = ":" + zsh_escape(option.get_type_name()) +
            (values.empty() ? ":_files" : ":(" + join(values) + ")");
  }
  return fmt::format("        '--{}[{}]{}' \\\n", name, zsh_escape(option.get_description()),
                     value);
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  std::vector<std::string> commands;
  for (const CommandText& text : command_texts()) {
    commands.emplace_back(text.name);
    const CLI::App& command = *app.get_subcommand(text.name);
    const CLI::App& leaf = leaf_of(command);
    std::vector<std::string> words = flags_of(leaf);
    if (&leaf != &command) words.insert(words.begin(), leaf.get_name());
    cases += fmt::format("    {}) words='{}' ;;\n", text.name, join(words));
  }
  std::string values;
  for (const char* name : {"id-type", "chroma", "codec"}) {
    values += fmt::format("    --{}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n", name,
                          join(option_values(name)));
  }
  return fmt::format(R"(# bash completion for vseal
_vseal() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$cur"))
    return
  fi
  case "$prev" in
{}  esac
  case "${{COMP_WORDS[1]}}" in
{}  esac
  if [[ "$cur" == -* ]] || [ "${{COMP_WORDS[1]}}" = model ]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}}
complete -o filenames -F _vseal vseal
)",
                     join(commands), values, cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CommandText& text : command_texts()) {
    const CLI::App& command = *app.get_subcommand(text.name);
    const CLI::App& leaf = leaf_of(command);
    commands += fmt::format("    '{}:{}'\n", text.name, text.summary);
    cases += fmt::format("    {})\n      _arguments \\\n", text.name);
    for (const CLI::Option* option : leaf.get_options()) {
      if (!option->get_positional() && !long_name(*option).empty()) cases += zsh_option(*option);
    }
    cases += &leaf != &command ? fmt::format("        '1:command:({})'\n", leaf.get_name())
                               : std::string("        '*:file:_files'\n");
    cases += "      ;;\n";
  }
  return fmt::format(R"(#compdef vseal
_vseal() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{}  esac
}}
_vseal "$@"
)",
                     commands, cases);
}

std::string fish_completion(const CLI::App& app) {
  std::string text = "# fish completion for vseal\n";
  for (const CommandText& c : command_texts()) {
    text += fmt::format("complete -c vseal -n __fish_use_subcommand -f -a {} -d '{}'\n", c.name,
                        c.summary);
    const CLI::App& command = *app.get_subcommand(c.name);
    const CLI::App& leaf = leaf_of(command);
    const std::string when = fmt::format("-n '__fish_seen_subcommand_from {}'", c.name);
    if (&leaf != &command) {
      text += fmt::format("complete -c vseal {} -f -a {}\n", when, leaf.get_name());
    }
    for (const CLI::Option* option : leaf.get_options()) {
      if (option->get_positional() || long_name(*option).empty()) continue;
      text += fmt::format("complete -c vseal {} -l {}", when, long_name(*option));
      for (const std::string& name : option->get_snames()) text += " -s " + name;
      const std::vector<std::string> values = option_values(long_name(*option));
      if (takes_value(*option)) text += values.empty() ? " -r" : " -x -a '" + join(values) + "'";
      std::string description = option->get_description();
      std::erase(description, '\'');
      text += fmt::format(" -d '{}'\n", description);
    }
  }
  return text;
}

}  // namespace vseal::cli
