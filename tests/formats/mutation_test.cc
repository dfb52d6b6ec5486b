// Thousands of damaged files: every reader returns, reads nothing beyond the bytes (under a
// sanitiser) and asks for little memory.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "formats/checkpoint.h"
#include "formats/heap_peak.h"
#include "formats/torch_builder.h"
#include "fuzz/targets.h"

namespace vseal::formats {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Runs one file in memory of exactly its size.
void run(const fuzz::Target& target, const std::string& content) {
  const std::vector<char> bytes(content.begin(), content.end());
  const int64_t peak = heap_peak([&] { target.run(std::as_bytes(std::span(bytes))); });
  ASSERT_LE(peak, allowed_heap(content.size()));
}

class Mutations : public testing::TestWithParam<fuzz::Target> {};

TEST_P(Mutations, ReturnAndStaySmall) {
  constexpr int kRounds = 3000;
  std::mt19937 random(1);
  const std::string folder = std::string(VSEAL_SOURCE_DIR) + "/fuzz/corpus/" + GetParam().name;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(file.path().filename().string());
    const std::string good = contents(file.path());
    for (size_t cut = 0; cut < std::min<size_t>(good.size(), 600); ++cut) {
      run(GetParam(), good.substr(0, good.size() - cut));
    }
    for (int round = 0; round < kRounds; ++round) {
      std::string bad = good;
      for (unsigned hit = 0; hit <= random() % 3; ++hit) {
        char& byte = bad[random() % bad.size()];
        const char values[] = {0,
                               1,
                               0x7f,
                               -1,
                               static_cast<char>(byte ^ (1 << random() % 8)),
                               static_cast<char>(random())};
        byte = values[random() % std::size(values)];
      }
      run(GetParam(), bad);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Mutations, testing::ValuesIn(fuzz::kTargets),
                         [](const auto& test) { return std::string(test.param.name); });

// What costs most for its size: values, memo places, lists of one another.
TEST(Memory, HostilePicklesStaySmall) {
  std::string values, memo, lists;
  for (int i = 0; i < 190'000; ++i) {
    values += ")";
    memo += "r" + le(static_cast<uint32_t>(i));
    lists += "]a";
  }
  for (const std::string& body : {values, "N" + memo, "]" + lists, "](" + values + "e" + memo}) {
    run(fuzz::kTargets[2], PickleBuilder().proto().raw(body).stop().bytes());
    run(fuzz::kTargets[3], PickleBuilder().proto().raw(body).stop().bytes());
  }
}

// A list of lists of ... each twice in the next: small as a pickle, 2^60 values as text.
TEST(Memory, ArgsDoNotExplode) {
  std::string list = "]";
  for (int i = 0; i < 60; ++i) {
    const std::string place(1, static_cast<char>(i));
    list = "](" + list + "q" + place + "h" + place + "e";
  }
  PickleBuilder p;
  p.proto().dict().mark().text("model").dict().text("args").raw(list);
  const std::string file = archive_of(p.raw("u").stop().bytes()).build();
  run(fuzz::kTargets[0], file);
  const auto checkpoint = Checkpoint::parse(std::as_bytes(std::span(file)), nullptr);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  EXPECT_EQ(checkpoint->args(), "") << "too much of it";
}

}  // namespace
}  // namespace vseal::formats
