#include "apps/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

namespace vseal::cli {
namespace {

constexpr int kBarWidth = 30;
constexpr std::chrono::milliseconds kInterval{100};

volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_interrupt(int signal) {
  interrupted = 1;
  // A second one ends the process at once; unnamed temporary files vanish with it.
  std::signal(signal, SIG_DFL);
}

std::string bar(double fraction) {
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string text(kBarWidth, ' ');
  std::fill_n(text.begin(), filled, '=');
  if (filled < kBarWidth) text[static_cast<size_t>(filled)] = '>';
  return text;
}

double fraction_done(const vseal_progress& p) {
  if (p.duration_s > 0) return std::clamp(p.time_s / p.duration_s, 0.0, 1.0);
  if (p.total_frames > 0) {
    return std::clamp(static_cast<double>(p.frames) / static_cast<double>(p.total_frames), 0.0,
                      1.0);
  }
  return 0;
}

}  // namespace

ProgressBar::ProgressBar(bool quiet) : enabled_(!quiet && ::isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (anything_drawn_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

int ProgressBar::update(const vseal_progress* progress, void* bar) {
  static_cast<ProgressBar*>(bar)->draw(*progress);
  return interrupted == 0 ? 1 : 0;
}

int ProgressBar::update_bytes(int64_t done, int64_t total, void* bar) {
  auto& self = *static_cast<ProgressBar*>(bar);
  double seconds = 0;
  if (self.is_due(seconds)) {
    const double megabytes = static_cast<double>(done) / 1e6;
    const double all = static_cast<double>(total) / 1e6;
    const std::string amount = total > 0 ? fmt::format("{:.1f}/{:.1f} MB", megabytes, all)
                                         : fmt::format("{:.1f} MB", megabytes);
    const double rate = seconds > 0 ? megabytes / seconds : 0;
    self.draw_line(fmt::format("{}  {:.1f} MB/s", amount, rate), total > 0 ? megabytes / all : 0,
                   seconds);
  }
  return interrupted == 0 ? 1 : 0;
}

int ProgressBar::update_jobs(int64_t done, int64_t total, void* bar) {
  auto& self = *static_cast<ProgressBar*>(bar);
  double seconds = 0;
  if (self.is_due(seconds)) {
    const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
    self.draw_line(fmt::format("{}/{} done", done, total), share, seconds);
  }
  return interrupted == 0 ? 1 : 0;
}

int ProgressBar::update_stage(const char* stage, int done, int total, void* bar) {
  auto& self = *static_cast<ProgressBar*>(bar);
  if (self.stage_ != stage) {
    self.stage_ = stage;
    self.start_ = Clock::now();
  }
  double seconds = 0;
  if (self.is_due(seconds)) {
    self.draw_line(fmt::format("{} {}/{}", stage, done, total),
                   static_cast<double>(done) / std::max(total, 1), seconds);
  }
  return interrupted == 0 ? 1 : 0;
}

bool ProgressBar::is_due(double& seconds) {
  const Clock::time_point now = Clock::now();
  if (!enabled_ || now - drawn_ < kInterval) return false;
  drawn_ = now;
  anything_drawn_ = true;
  seconds = std::chrono::duration<double>(now - start_).count();
  return true;
}

void ProgressBar::draw(const vseal_progress& progress) {
  double seconds = 0;
  if (!is_due(seconds)) return;
  const double rate = seconds > 0 ? static_cast<double>(progress.frames) / seconds : 0;
  draw_line(fmt::format("{} frames  {:.0f} fps", progress.frames, rate), fraction_done(progress),
            seconds);
}

void ProgressBar::draw_line(const std::string& line, double done, double seconds) {
  std::string text = line;
  if (done > 0) {
    const int left = static_cast<int>(seconds * (1 - done) / done);
    text = fmt::format("[{}] {:3.0f} %  {}  ETA {}:{:02}", bar(done), done * 100, line, left / 60,
                       left % 60);
  }
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
}

}  // namespace vseal::cli
