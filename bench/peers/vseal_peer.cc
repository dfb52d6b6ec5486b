// One network in the engine, as a process that speed.py drives beside those of other runtimes.
//
//   vseal_peer MODEL|- embedder|detector THREADS INPUTS
//
// INPUTS holds the inputs' values as f32, one after the other. Commands on standard input, a line
// each, have one line as answer: "ready" when the network is; "warm N" the times of N runs in ms
// after one that does not count; "cold N" of N runs after other memory went through the caches;
// "write FILE" stores the output as f32; "memory" is the most that was resident, in KiB.
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/process_memory.h"
#include "engine/session.h"
#include "models/model.h"

namespace vseal::bench {
namespace {

constexpr size_t kEvictedBytes = size_t{128} << 20;  // more than caches hold

class Peer {
 public:
  static Result<std::unique_ptr<Peer>> create(const std::string& model_path,
                                              const std::string& part, int threads,
                                              const std::string& inputs) {
    VSEAL_ASSIGN_OR_RETURN(const auto model, models::load_model(model_path));
    const graph::Graph& graph = part == "embedder" ? model->embedder : model->detector;
    auto peer = std::make_unique<Peer>(threads);
    VSEAL_ASSIGN_OR_RETURN(const auto plan, engine::Plan::create(graph));
    VSEAL_ASSIGN_OR_RETURN(peer->session_, engine::Session::create(plan, &peer->pool_));
    peer->inputs_ = graph.inputs().size();
    std::ifstream file(inputs, std::ios::binary);
    for (size_t i = 0; i < peer->inputs_; ++i) {
      const std::span<float> values = peer->session_->input(static_cast<int>(i));
      file.read(reinterpret_cast<char*>(values.data()),
                static_cast<std::streamsize>(values.size_bytes()));
    }
    if (!file) return corrupt_input(inputs + ": expected the values of every input");
    VSEAL_RETURN_IF_ERROR(peer->session_->run());
    return peer;
  }
  explicit Peer(int threads) : pool_(threads) {}

  // The answer to one command.
  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string command, argument;
    words >> command >> argument;
    if (command == "warm") return times(std::stoi(argument), false);
    if (command == "cold") return times(std::stoi(argument), true);
    if (command == "memory") return std::to_string(process_memory_bytes("VmHWM") / 1024);
    if (command == "write") return write(argument);
    return "unknown command " + command;
  }

 private:
  double run_ms() {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    // What no changed input reaches would not be computed again.
    for (size_t i = 0; i < inputs_; ++i) session_->input(static_cast<int>(i));
    static_cast<void>(session_->run());  // it ran before: it cannot fail now
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }

  std::string times(int count, bool cold) {
    std::string text;
    if (!cold) run_ms();
    for (int i = 0; i < count; ++i) {
      if (cold) evict();
      text += std::to_string(run_ms()) + " ";
    }
    return text;
  }

  void evict() {
    other_.resize(kEvictedBytes);
    for (char& byte : other_) byte = static_cast<char>(byte + 1);
  }

  std::string write(const std::string& path) const {
    const std::span<const float> values = session_->output(0);
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size_bytes()));
    return file ? "written" : "cannot write " + path;
  }

  ThreadPool pool_;
  std::unique_ptr<engine::Session> session_;
  size_t inputs_ = 0;
  std::vector<char> other_;
};

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  if (argc != 5) return 64;
  const auto peer = vseal::bench::Peer::create(argv[1], argv[2], std::stoi(argv[3]), argv[4]);
  if (!peer.ok()) {
    std::cout << peer.status().message() << std::endl;
    return 1;
  }
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << (*peer)->answer(line) << std::endl;
  }
  return 0;
}
