// How far marking a video's luma plane is from marking its RGB pictures, as upstream does:
//
//   luma_bench [--frames N] [CLIP...]     (8-bit, limited range; the example clip by default)
//
// Prints a Markdown table for each question of docs/models.md, "Luma path against RGB path".
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "media/video.h"
#include "models/model.h"
#include "rgb_path.h"

namespace vseal::bench {
namespace {

struct Row {
  std::string clip;
  const char* matrix = "";
  Comparison sums;
  int64_t pixels = 0;
};

const char* matrix_name(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::kBt601:
      return "601";
    case ColorMatrix::kBt709:
      return "709";
    case ColorMatrix::kBt2020:
      return "2020";
  }
  return "";
}

std::vector<float> random_message(int bits) {
  std::mt19937 random(1);
  std::vector<float> message;
  for (int i = 0; i < bits; ++i) message.push_back(random() % 2 == 0 ? 1.0f : -1.0f);
  return message;
}

// `count` frames at even distances.
Result<Row> measure(const std::string& clip, int count, PathComparer& comparer) {
  VSEAL_ASSIGN_OR_RETURN(const auto video, media::VideoReader::open(clip, {}));
  const int64_t distance = std::max<int64_t>(1, video->info().frame_count / count);
  Row row{std::filesystem::path(clip).stem().string(), "", {}, 0};
  while (row.sums.frames < count) {
    VSEAL_ASSIGN_OR_RETURN(const auto frame, video->next());
    if (!frame.has_value()) break;
    if (frame->index % distance != 0) continue;
    const FrameView& view = frame->view;
    if (view.model != ColorModel::kYCbCr || view.range != ColorRange::kLimited ||
        view.planes[0].depth_bits != 8) {
      return unsupported(clip + ": expected 8-bit YCbCr of limited range");
    }
    row.matrix = matrix_name(view.matrix);
    row.pixels += int64_t{view.width()} * view.height();
    VSEAL_RETURN_IF_ERROR(comparer.add(view, row.sums).with_context(clip));
  }
  if (row.sums.frames == 0) return corrupt_input(clip + ": no frames");
  return row;
}

double psnr(double mse_sum, int frames) {
  const double mse = mse_sum / frames;
  return mse > 0 ? 10 * std::log10(255.0 * 255.0 / mse) : 100.0;
}

void print(const std::vector<Row>& rows) {
  fmt::print(
      "| clip | matrix | mark, mean | clamped pixels | lost luma mean / max | moved chroma mean / "
      "max | other input mean / max | all of it mean / max |\n|---|---|---|---|---|---|---|---|\n");
  const auto two = [](const Difference& d) {
    return fmt::format("{:.4f} / {:.2f}", d.mean(), d.worst);
  };
  for (const Row& row : rows) {
    const Comparison& s = row.sums;
    fmt::print("| {} | {} | {:.3f} | {:.2f} % | {} | {} | {} | {} |\n", row.clip, row.matrix,
               s.mark.mean(),
               100.0 * static_cast<double>(s.clamped_pixels) / static_cast<double>(row.pixels),
               two(s.clamp_luma), two(s.clamp_chroma), two(s.input), two(s.whole));
  }
  fmt::print(
      "\n| clip | PSNR on luma | by RGB | RGB and back, unmarked | bits right on luma | by RGB "
      "|\n|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    const Comparison& s = row.sums;
    fmt::print("| {} | {:.2f} dB | {:.2f} dB | {:.2f} dB | {:.3f} % | {:.3f} % |\n", row.clip,
               psnr(s.luma_path_mse, s.frames), psnr(s.rgb_path_mse, s.frames),
               psnr(s.round_trip_mse, s.frames), 100 * s.luma_path_right / s.frames,
               100 * s.rgb_path_right / s.frames);
  }
}

Status run(const std::vector<std::string>& clips, int frames) {
  ThreadPool pool(0);
  VSEAL_ASSIGN_OR_RETURN(const auto model, models::default_model());
  VSEAL_ASSIGN_OR_RETURN(const auto networks, watermark::Networks::compile(*model));
  VSEAL_ASSIGN_OR_RETURN(const auto comparer,
                         PathComparer::create(networks, &pool, random_message(model->card.bits)));
  std::vector<Row> rows;
  for (const std::string& clip : clips) {
    VSEAL_ASSIGN_OR_RETURN(Row row, measure(clip, frames, *comparer));
    rows.push_back(std::move(row));
  }
  fmt::print("{} frames a clip, differences in code values of 8 bits\n\n", frames);
  print(rows);
  return {};
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  int frames = 8;
  std::vector<std::string> clips = {"examples/clip.mp4"};
  CLI::App app("Compares marking on luma with marking RGB pictures.");
  app.add_option("clips", clips, "8-bit YCbCr videos of limited range");
  app.add_option("--frames", frames, "Frames of each clip, at even distances")
      ->check(CLI::Range(1, 100000));
  CLI11_PARSE(app, argc, argv);
  const vseal::Status status = vseal::bench::run(clips, frames);
  if (!status.ok()) std::fprintf(stderr, "luma_bench: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
