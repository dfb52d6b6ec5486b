#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "apps/docgen.h"
#include "apps/options.h"
#include "vseal/vseal.h"

namespace vseal::cli {
namespace {

// Escapes what man(7) would take as a macro or a special character.
std::string escape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (i == 0 || text[i - 1] == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string header(const std::string& name, const std::string& summary) {
  return fmt::format(".TH {} 1 \"\" \"vseal {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                     escape(name), vseal_version(), escape(name), escape(summary));
}

std::string option_names(const CLI::Option& option) {
  if (option.get_positional()) return fmt::format("\\fI{}\\fR", escape(option.get_type_name()));
  std::string text;
  for (const std::string& name : option.get_snames()) text += "\\fB\\-" + name + "\\fR, ";
  for (const std::string& name : option.get_lnames()) text += "\\fB\\-\\-" + escape(name) + "\\fR";
  if (!option.get_type_name().empty() && option.get_items_expected_max() > 0) {
    text += fmt::format(" \\fI{}\\fR", escape(option.get_type_name()));
  }
  return text;
}

std::string option_text(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) text += fmt::format(" [{}]", option.get_default_str());
  return fmt::format(".TP\n{}\n{}.\n", option_names(option), escape(text));
}

// The command "vseal embed" takes its arguments in the order of their declaration.
std::string synopsis(const CLI::App& leaf, const std::string& command) {
  std::string text = fmt::format(".SH SYNOPSIS\n\\fBvseal {}\\fR [\\fIOPTIONS\\fR]", command);
  for (const CLI::Option* option : leaf.get_options()) {
    if (!option->get_positional()) continue;
    const bool many = option->get_items_expected_max() > 1;
    text += fmt::format(" \\fI{}\\fR{}", escape(option->get_type_name()), many ? "..." : "");
  }
  return text + "\n";
}

std::string options_section(const CLI::App& leaf) {
  std::vector<std::string> groups;
  for (const CLI::Option* option : leaf.get_options()) {
    const std::string& group = option->get_group();
    if (std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
  }
  std::string text = ".SH OPTIONS\n";
  for (const std::string& group : groups) {
    text += fmt::format(".SS {}\n", escape(group == "Options" ? "General" : group));
    for (const CLI::Option* option : leaf.get_options()) {
      if (option->get_group() == group) text += option_text(*option);
    }
  }
  return text;
}

// Lines of "key   text" become tagged paragraphs.
std::string table_section(const std::string& title, const std::string& lines) {
  std::string text = fmt::format(".SH {}\n", title);
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const size_t space = line.find(' ');
    const size_t rest = line.find_first_not_of(' ', space);
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escape(line.substr(0, space)),
                        escape(line.substr(rest)));
  }
  return text;
}

std::string examples_section(const std::string& lines) {
  std::string text = ".SH EXAMPLES\n";
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const size_t comment = line.find("   # ");
    text += fmt::format(".TP\n{}\n.EX\n{}\n.EE\n", escape(line.substr(comment + 5)),
                        escape(line.substr(0, comment)));
  }
  return text;
}

// "vseal-model-info" for "model info".
std::string page_of(const CommandText& command) {
  std::string page = std::string("vseal-") + command.name;
  std::ranges::replace(page, ' ', '-');
  return page;
}

}  // namespace

std::string man_page(const CLI::App& app) {
  std::string text = header("vseal", app.get_description());
  text += ".SH SYNOPSIS\n\\fBvseal\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH COMMANDS\n";
  std::string others;
  for (const CommandText& command : command_texts()) {
    const std::string page = escape(page_of(command));
    text += fmt::format(".TP\n\\fB{}\\fR\n{}. See \\fB{}\\fR(1).\n", command.name,
                        escape(command.summary), page);
    others += fmt::format("{}\\fB{}\\fR(1)", others.empty() ? "" : ",\n", page);
  }
  text += table_section("ENVIRONMENT", environment_text());
  text += table_section("EXIT STATUS", exit_code_text());
  return text + ".SH SEE ALSO\n" + others + "\n";
}

std::string man_page(const CLI::App& app, const CommandText& command) {
  const CLI::App& leaf = find_command(app, command.name);
  std::string text = header(page_of(command), command.summary);
  text += synopsis(leaf, command.name);
  text += fmt::format(".SH DESCRIPTION\n{}\n", escape(command.details));
  text += options_section(leaf);
  text += examples_section(command.examples);
  text += table_section("ENVIRONMENT", environment_text());
  text += table_section("EXIT STATUS", exit_code_text());
  return text + ".SH SEE ALSO\n\\fBvseal\\fR(1)\n";
}

}  // namespace vseal::cli
