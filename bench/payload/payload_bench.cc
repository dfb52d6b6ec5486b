// How far codes carry an ID, how often noise passes for one, how long reading takes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bch.h"
#include "payload/codec.h"
#include "simulate.h"
#include "svg_plot.h"

namespace vseal::bench {
namespace {

constexpr double kMostErrors = 0.30;
constexpr double kErrorStep = 0.01;
constexpr const char* kColours[] = {"#1b6ca8", "#c8553d", "#3a7d44"};

payload::Codec make_codec(int bits, int check_bits) {
  auto codec = payload::Codec::create({.bits = bits, .check_bits = check_bits});
  if (!codec.ok()) throw CLI::ValidationError(codec.status().message());
  return std::move(codec).value();
}

std::string name(const Bch& code) { return fmt::format("BCH({},{},{})", code.n, code.k, code.t); }

// Header, data and check of a rate: what a frame adds is the type, the length and two bits.
int frame_bits(int data_bits, int bits) {
  int length_bits = 0;
  while (8 << length_bits < data_bits) ++length_bits;
  return 4 + length_bits + data_bits + (bits < 256 ? 24 : 32);
}

// One rate over all error rates: rows to stdout, curves to the panel.
void trace_rate(const payload::Codec& codec, int rate, int64_t trials, Random& random,
                Panel& panel) {
  const int data_bits = codec.rate_data_bits()[rate];
  const Bch framed = strongest_bch(codec.bits(), frame_bits(data_bits, codec.bits()));
  const Bch bare = strongest_bch(codec.bits(), data_bits);
  Curve ours{fmt::format("{}-bit ID with check, soft", data_bits), kColours[rate], false, {}};
  Curve theirs{fmt::format("{}-bit ID alone, {}", data_bits, name(bare)), kColours[rate], true, {}};
  bool alive = true;
  for (int step = 0; step * kErrorStep <= kMostErrors + 1e-9; ++step) {
    const double errors = step * kErrorStep;
    Tally tally;
    if (alive) tally = read_marks(codec, rate, errors, trials, random);
    const double exact = alive ? static_cast<double>(tally.exact) / tally.trials : 0;
    const double uncertain = alive ? static_cast<double>(tally.uncertain) / tally.trials : 0;
    fmt::print("{},{},{:.2f},{:.4f},{:.4f},{},\"{}\",{:.4f},\"{}\",{:.4f}\n", codec.bits(),
               data_bits, errors, exact, uncertain, tally.wrong, name(framed),
               word_success(framed, errors), name(bare), word_success(bare, errors));
    std::fflush(stdout);
    ours.points.emplace_back(errors, exact);
    theirs.points.emplace_back(errors, word_success(bare, errors));
    alive = alive && tally.exact > 0;
  }
  panel.curves.push_back(std::move(ours));
  panel.curves.push_back(std::move(theirs));
}

void run_curve(const std::vector<int>& lengths, int64_t trials, const std::string& svg_path) {
  fmt::print(
      "bits,data_bits,raw_bit_errors,exact,uncertain,wrong_ids,bch_of_frame,bch_of_frame_exact,"
      "bch_of_data,bch_of_data_exact\n");
  Random random(1);
  std::vector<Panel> panels;
  for (const int bits : lengths) {
    const payload::Codec codec = make_codec(bits, 0);
    Panel& panel = panels.emplace_back();
    panel.title = fmt::format("model of {} bits", bits);
    panel.x_label = "raw bit errors";
    panel.y_label = "exact IDs";
    panel.x_max = kMostErrors;
    panel.x_step = 0.05;
    const int rates = static_cast<int>(codec.rate_data_bits().size());
    for (int rate = 0; rate < rates; ++rate) trace_rate(codec, rate, trials, random, panel);
  }
  if (svg_path.empty()) return;
  std::ofstream file(svg_path, std::ios::binary);
  file << svg_plot(panels);
  if (!file.flush()) throw CLI::FileError("cannot write " + svg_path);
}

void run_noise(const std::vector<int>& lengths, int check_bits, int64_t trials, uint64_t seed) {
  fmt::print("bits,check_bits,trials,wrong_ids,at_most_expected,uncertain,at_most_expected\n");
  Random random(seed);
  for (const int bits : lengths) {
    const payload::Codec codec = make_codec(bits, check_bits);
    const double chance = codec.chance_of_present();
    const Tally tally = read_noise(codec, trials, random);
    fmt::print("{},{},{},{},{:.3g},{},{:.3g}\n", bits, check_bits, trials, tally.wrong,
               chance * static_cast<double>(trials), tally.uncertain,
               payload::kUncertainRate * static_cast<double>(trials));
    std::fflush(stdout);
  }
}

void run_speed(const std::vector<int>& lengths, int64_t trials) {
  fmt::print("bits,us_to_read_shortest,us_to_read_longest,us_for_noise\n");
  Random random(1);
  for (const int bits : lengths) {
    const payload::Codec codec = make_codec(bits, 0);
    const int last = static_cast<int>(codec.rate_data_bits().size()) - 1;
    const Tally first = read_marks(codec, 0, 0.02, trials, random);
    const Tally longest = read_marks(codec, last, 0.005, trials, random);
    const Tally noise = read_noise(codec, trials, random);
    // A time counts only when the answers were right.
    if (first.exact < trials || longest.exact < trials * 9 / 10 || noise.wrong > 0) {
      throw CLI::RuntimeError("wrong answers: the times would mean nothing", 1);
    }
    const auto each = [&](const Tally& tally) {
      return tally.microseconds / static_cast<double>(trials);
    };
    fmt::print("{},{:.0f},{:.0f},{:.0f}\n", bits, each(first), each(longest), each(noise));
  }
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  using namespace vseal::bench;
  CLI::App app("Exact IDs against raw bit errors, wrong IDs out of noise, and time; CSV on stdout");
  app.fallthrough();  // --bits and --trials may follow the subcommand
  std::vector<int> lengths = {256, 128};
  int64_t trials = 500;
  int check_bits = 0;
  uint64_t seed = 1;
  std::string svg_path;
  app.add_option("--bits", lengths, "lengths of models")->delimiter(',');
  app.add_option("--trials", trials, "for each point")->check(CLI::PositiveNumber);
  auto* curve = app.add_subcommand("curve", "exact IDs beside hard-decision BCH (the default)");
  curve->add_option("--svg", svg_path, "also plot here");
  auto* noise = app.add_subcommand("noise", "wrong IDs and uncertain verdicts on random logits");
  noise->add_option("--check-bits", check_bits, "8 to 32; 0: the default");
  noise->add_option("--seed", seed, "of the logits");
  auto* speed = app.add_subcommand("speed", "microseconds a reading");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
    if (noise->parsed()) {
      run_noise(lengths, check_bits, trials, seed);
    } else if (speed->parsed()) {
      run_speed(lengths, trials);
    } else {
      run_curve(lengths, trials, svg_path);
    }
  } catch (const CLI::Error& e) {
    return app.exit(e);
  }
  return 0;
}
