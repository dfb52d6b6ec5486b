// What help, man pages and completions say of each command beyond its options.
#pragma once

#include <vector>

namespace vseal::cli {

struct CommandText {
  const char* name;      // "embed", "model info": the words that call it
  const char* summary;   // one line
  const char* details;   // paragraphs
  const char* examples;  // lines of "command   # what it does"
};

const std::vector<CommandText>& command_texts();
const char* exit_code_text();
const char* environment_text();

}  // namespace vseal::cli
