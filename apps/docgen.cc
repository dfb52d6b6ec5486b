// vseal_docgen DIRECTORY: writes the man pages and shell completions. Run by the build.
#include "apps/docgen.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "apps/options.h"

namespace vseal::cli {

namespace {

bool write(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) std::cerr << "vseal_docgen: cannot write " << path << "\n";
  return static_cast<bool>(out);
}

bool write_all(const std::string& directory) {
  Settings settings;
  const auto app = make_app(settings);
  bool good = write(directory + "/vseal.1", man_page(*app));
  for (const CommandText& text : command_texts()) {
    std::string page = fmt::format("vseal-{}.1", text.name);
    std::ranges::replace(page, ' ', '-');
    good &= write(fmt::format("{}/{}", directory, page), man_page(*app, text));
  }
  good &= write(directory + "/vseal.bash", bash_completion(*app));
  good &= write(directory + "/_vseal", zsh_completion(*app));
  good &= write(directory + "/vseal.fish", fish_completion(*app));
  return good;
}

}  // namespace
}  // namespace vseal::cli

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: vseal_docgen DIRECTORY\n";
    return 64;
  }
  return vseal::cli::write_all(argv[1]) ? 0 : 73;
}
