// Times the pixel work: image_bench [--threads 1,2] [--filter TEXT] [--isa NAME] [--large].
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "frame_cases.h"
#include "kernels/isa.h"

namespace vseal::bench {
namespace {

struct Arguments {
  std::vector<int> threads = {1};
  int rounds = 15;
  std::string filter;
  std::string isa;
  bool large = false;
};

struct Times {
  double median_ms = 0;
  double best_ms = 0;
};

double now_ms() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count();
}

// Once to warm up, then `rounds` times.
Result<Times> time_case(const FrameCase& test, ThreadPool& pool, int rounds) {
  VSEAL_RETURN_IF_ERROR(test.run(pool).with_context(test.name + " " + test.detail));
  std::vector<double> ms;
  for (int i = 0; i < rounds; ++i) {
    const double begin = now_ms();
    VSEAL_RETURN_IF_ERROR(test.run(pool));
    ms.push_back(now_ms() - begin);
  }
  std::ranges::sort(ms);
  return Times{ms[ms.size() / 2], ms.front()};
}

Status run(const Arguments& arguments) {
  if (!arguments.isa.empty()) VSEAL_RETURN_IF_ERROR(kernels::force_isa(arguments.isa));
  std::vector<std::unique_ptr<ThreadPool>> pools;
  for (const int threads : arguments.threads)
    pools.push_back(std::make_unique<ThreadPool>(threads));
  VSEAL_ASSIGN_OR_RETURN(const std::vector<FrameCase> cases,
                         frame_cases(arguments.large, arguments.filter));
  fmt::print("instruction set {}\n{:<10}{:<26}{:>8}{:>12}{:>10}{:>12}\n", kernels::active_isa(),
             "what", "on", "threads", "median ms", "best ms", "Mpixel/s");
  for (const FrameCase& test : cases) {
    for (const auto& pool : pools) {
      VSEAL_ASSIGN_OR_RETURN(const Times times, time_case(test, *pool, arguments.rounds));
      fmt::print("{:<10}{:<26}{:>8}{:>12.3f}{:>10.3f}{:>12.0f}\n", test.name, test.detail,
                 pool->threads(), times.median_ms, times.best_ms,
                 1e3 * test.megapixels / times.median_ms);
    }
  }
  return {};
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  vseal::bench::Arguments arguments;
  if (vseal::available_cores() > 1) arguments.threads.push_back(vseal::available_cores());
  CLI::App app("Times resize, heat map, blend and compare on whole frames.");
  app.add_option("--threads", arguments.threads, "Numbers of threads, e.g. 1,2")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--rounds", arguments.rounds, "Samples of each case")
      ->check(CLI::Range(1, 100000));
  app.add_option("--filter", arguments.filter, "Only cases whose name or frame contains this");
  app.add_option("--isa", arguments.isa, "Instruction set, e.g. avx2; the best by default");
  app.add_flag("--large", arguments.large, "Also a picture of 100 megapixels");
  CLI11_PARSE(app, argc, argv);
  const vseal::Status status = vseal::bench::run(arguments);
  if (!status.ok()) std::fprintf(stderr, "image_bench: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
