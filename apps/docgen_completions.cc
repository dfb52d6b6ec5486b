#include <fmt/format.h>

#include <algorithm>

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

// A first word of the command line with what may follow it: nothing, or a group's second words.
struct Group {
  std::string name;
  std::string summary;
  std::vector<std::pair<std::string, const CLI::App*>> commands;  // one with no name, or several

  bool has_second_words() const { return !commands.front().first.empty(); }
  std::vector<std::string> second_words() const {
    std::vector<std::string> words;
    words.reserve(commands.size());
    for (const auto& command : commands) words.push_back(command.first);
    return words;
  }
};

std::vector<Group> groups_of(const CLI::App& app) {
  std::vector<Group> groups;
  for (const CommandText& text : command_texts()) {
    const std::string name = text.name;
    const size_t space = name.find(' ');
    const std::string first = name.substr(0, space);
    if (groups.empty() || groups.back().name != first) {
      groups.push_back({first, app.get_subcommand(first)->get_description(), {}});
    }
    const std::string second = space == std::string::npos ? "" : name.substr(space + 1);
    groups.back().commands.emplace_back(second, &find_command(app, name));
  }
  return groups;
}

std::vector<std::string> names_of(const std::vector<Group>& groups) {
  std::vector<std::string> names;
  names.reserve(groups.size());
  for (const Group& group : groups) names.push_back(group.name);
  return names;
}

std::string bash_case(const Group& group) {
  if (!group.has_second_words()) {
    return fmt::format("    {}) words='{}' ;;\n", group.name,
                       join(flags_of(*group.commands.front().second)));
  }
  std::string text = fmt::format(
      "    {})\n      if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
      "        COMPREPLY=($(compgen -W '{} --help' -- \"$cur\"))\n        return\n      fi\n"
      "      case \"${{COMP_WORDS[2]}}\" in\n",
      group.name, join(group.second_words()));
  for (const auto& [second, command] : group.commands) {
    text += fmt::format("        {}) words='{}' ;;\n", second, join(flags_of(*command)));
  }
  return text + "      esac ;;\n";
}

std::string zsh_arguments(const CLI::App& command, const std::string& indent) {
  std::string text = indent + "_arguments \\\n";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() && !long_name(*option).empty()) {
      text += indent + zsh_option(*option);
    }
  }
  return text + indent + "  '*:file:_files'\n";
}

std::string zsh_case(const Group& group) {
  if (!group.has_second_words()) {
    return fmt::format("    {})\n{}      ;;\n", group.name,
                       zsh_arguments(*group.commands.front().second, "      "));
  }
  std::string text = fmt::format(
      "    {})\n      if (( CURRENT == 2 )); then\n        compadd {}\n        return\n      fi\n"
      "      local second=$words[2]\n      shift words\n      (( CURRENT-- ))\n"
      "      case $second in\n",
      group.name, join(group.second_words()));
  for (const auto& [second, command] : group.commands) {
    text +=
        fmt::format("        {})\n{}          ;;\n", second, zsh_arguments(*command, "          "));
  }
  return text + "      esac\n      ;;\n";
}

std::string fish_options(const CLI::App& command, const std::string& when) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || long_name(*option).empty()) continue;
    text += fmt::format("complete -c vseal {} -l {}", when, long_name(*option));
    for (const std::string& name : option->get_snames()) text += " -s " + name;
    const std::vector<std::string> values = option_values(long_name(*option));
    if (takes_value(*option)) text += values.empty() ? " -r" : " -x -a '" + join(values) + "'";
    std::string description = option->get_description();
    std::erase(description, '\'');
    text += fmt::format(" -d '{}'\n", description);
  }
  return text;
}

// Long names of the options whose values are words, each once.
std::vector<std::string> options_with_values(const std::vector<Group>& groups) {
  std::vector<std::string> names;
  for (const Group& group : groups) {
    for (const auto& [second, command] : group.commands) {
      for (const CLI::Option* option : command->get_options()) {
        const std::string name = long_name(*option);
        if (!option_values(name).empty() && std::ranges::find(names, name) == names.end()) {
          names.push_back(name);
        }
      }
    }
  }
  return names;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::vector<Group> groups = groups_of(app);
  std::string cases;
  for (const Group& group : groups) cases += bash_case(group);
  std::string values;
  for (const std::string& name : options_with_values(groups)) {
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
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}}
complete -o filenames -F _vseal vseal
)",
                     join(names_of(groups)), values, cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const Group& group : groups_of(app)) {
    commands += fmt::format("    '{}:{}'\n", group.name, group.summary);
    cases += zsh_case(group);
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
  for (const Group& group : groups_of(app)) {
    text += fmt::format("complete -c vseal -n __fish_use_subcommand -f -a {} -d '{}'\n", group.name,
                        group.summary);
    for (const auto& [second, command] : group.commands) {
      std::string when = "-n '__fish_seen_subcommand_from " + group.name;
      if (!second.empty()) {
        const std::string others = join(group.second_words());
        text += fmt::format(
            "complete -c vseal {}; and not __fish_seen_subcommand_from {}' -f -a {} -d '{}'\n",
            when, others, second, command->get_description());
        when += "; and __fish_seen_subcommand_from " + second;
      }
      text += fish_options(*command, when + "'");
    }
  }
  return text;
}

}  // namespace vseal::cli
