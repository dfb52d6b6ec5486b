// Every file of the fuzzers' corpus, seeds and what has once broken a reader, through its target.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/targets.h"

namespace vseal::fuzz {
namespace {

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, CorpusReturns) {
  int files = 0;
  const std::string folder = std::string(VSEAL_SOURCE_DIR) + "/fuzz/corpus/" + GetParam().name;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(file.path().filename().string());
    std::ostringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    const std::string content = text.str();
    // On the heap and of exact size, so that a sanitiser sees the first byte beyond.
    const std::vector<char> bytes(content.begin(), content.end());
    GetParam().run(std::as_bytes(std::span(bytes)));
    ++files;
  }
  EXPECT_GT(files, 0);
}

INSTANTIATE_TEST_SUITE_P(Corpus, Replay, testing::ValuesIn(kTargets),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vseal::fuzz
