// memory_bench [picture|chunkyseal] [FOLDER]: what marking a picture with VideoSeal 1.0 in
// integers, and converting and running ChunkySeal at full size, cost in memory; both unless one is
// named. Weights are filled by rule. Needs 0.3 GB in FOLDER (by default that for temporary files),
// for ChunkySeal 15 GB.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/process_memory.h"
#include "models/full_size.h"
#include "picture_memory.h"
#include "workbench/check.h"
#include "workbench/convert.h"

namespace vseal::bench {
namespace {

using Clock = std::chrono::steady_clock;

models::videoseal::Sizes chunkyseal() {
  models::videoseal::ConvNextSizes convnext{2, {}, {3, 3, 27, 3}};
  for (const int dim : {128, 256, 512, 1024}) {
    convnext.dims.push_back(static_cast<int64_t>(dim * std::sqrt(1024.0 / 128)));
  }
  return {.embedder = {false, 3, 1024, 2048, 8, {64, 128, 256, 512}},
          .detector = {convnext, {}, 1024}};
}

double status_mb(const char* key) {
  return static_cast<double>(process_memory_bytes(key)) / 1024 / 1024;
}

// Runs `work` in a process of its own and prints its peaks: of memory that is the process's own,
// and of all that is mapped in, page cache included.
bool measure(const char* name, const std::function<Status()>& work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    std::atomic<bool> done{false};
    double own = 0;
    std::thread watcher([&] {
      while (!done) {
        own = std::max(own, status_mb("RssAnon"));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    const auto start = Clock::now();
    const Status status = work();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    done = true;
    watcher.join();
    if (!status.ok()) fmt::print(stderr, "{}: {}\n", name, status.message());
    fmt::print("{:<24} {:>8.1f} s {:>10.0f} MB own {:>10.0f} MB with page cache\n", name, seconds,
               own, status_mb("VmHWM"));
    std::fflush(stdout);
    ::_exit(status.ok() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Status mark_and_read(const std::string& path) {
  ThreadPool pool(0);
  VSEAL_ASSIGN_OR_RETURN(const auto model, models::load_model(path));
  VSEAL_ASSIGN_OR_RETURN(const auto networks, watermark::Networks::compile(*model));
  VSEAL_ASSIGN_OR_RETURN(const auto embedder, networks->embedder());
  VSEAL_ASSIGN_OR_RETURN(const auto detector, networks->detector());
  constexpr double kMega = 1024.0 * 1024;
  fmt::print("weights                  {:.0f} MB, arenas {:.0f} MB\n",
             static_cast<double>(embedder->weight_bytes() + detector->weight_bytes()) / kMega,
             static_cast<double>(embedder->arena_bytes() + detector->arena_bytes()) / kMega);
  return workbench::check_model(networks, pool).status();
}

bool measure_chunkyseal(const std::string& folder) {
  fmt::print("ChunkySeal\n");
  const std::string checkpoint = folder + "/vseal_chunkyseal.safetensors";
  const std::string converted = folder + "/vseal_chunkyseal.vseal";
  bool good = measure("write the checkpoint",
                      [&] { return models::write_filled(chunkyseal(), checkpoint); });
  good = good && measure("convert", [&] {
           return workbench::convert(checkpoint, converted, {.if_exists = IfExists::kOverwrite})
               .status();
         });
  good = good && measure("mark and read", [&] { return mark_and_read(converted); });
  std::filesystem::remove(checkpoint);
  std::filesystem::remove(converted);
  return good;
}

int run(std::vector<std::string> words) {
  std::string only;
  if (!words.empty() && (words[0] == "picture" || words[0] == "chunkyseal")) {
    only = words[0];
    words.erase(words.begin());
  }
  const std::string folder =
      words.empty() ? std::filesystem::temp_directory_path().string() : words[0];
  bool good = true;
  if (only != "chunkyseal") {
    const Status status = measure_picture(folder);
    if (!status.ok()) fmt::print(stderr, "{}\n", status.message());
    good = status.ok();
  }
  if (only != "picture") good = measure_chunkyseal(folder) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) { return vseal::bench::run({argv + 1, argv + argc}); }
