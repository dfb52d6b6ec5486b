// A marker and a reader for each thread over one shared context; meant to be run under TSan too.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "api/scene.h"
#include "vseal/vseal.hpp"

namespace vseal {
namespace {

std::string mark_and_read(const Context& context, const std::string& id, int variant) {
  test::Scene scene(VSEAL_GREY, 256 + variant, 256, 8, variant);
  const vseal_image image = scene.image();
  auto marker = Marker::create(context, MarkOptions(id.c_str()));
  if (!marker.ok()) return marker.error().message;
  if (const Error error = marker->mark(image); !error.ok()) return error.message;
  auto reader = Reader::create(context);
  if (!reader.ok()) return reader.error().message;
  if (const Error error = reader->add(image); !error.ok()) return error.message;
  auto reading = reader->result();
  return reading.ok() ? reading->id : reading.error().message;
}

TEST(Threads, MarkersAndReadersShareOneContext) {
  ContextOptions options;
  options.threads = 2;
  auto context = Context::create(options);
  ASSERT_TRUE(context.ok()) << context.error().message;
  constexpr int kThreads = 4;
  std::vector<std::string> read(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back(
        [&, t] { read[t] = mark_and_read(*context, std::to_string(1000 + t), t); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) EXPECT_EQ(read[t], std::to_string(1000 + t));
}

TEST(Threads, TheNumberOfThreadsDoesNotChangeASample) {
  std::vector<uint8_t> first;
  for (const int threads : {1, 2, 3}) {
    ContextOptions options;
    options.threads = threads;
    auto context = Context::create(options);
    ASSERT_TRUE(context.ok());
    auto marker = Marker::create(*context, MarkOptions("7"));
    ASSERT_TRUE(marker.ok());
    test::Scene scene(VSEAL_RGB, 640, 360, 8);
    ASSERT_TRUE(marker->mark(scene.image()).ok());
    if (first.empty()) first = scene.bytes();
    EXPECT_EQ(scene.bytes(), first) << threads << " threads";
  }
}

}  // namespace
}  // namespace vseal
