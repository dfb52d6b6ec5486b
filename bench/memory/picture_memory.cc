#include "picture_memory.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "footprint.h"
#include "models/full_size.h"

namespace vseal::bench {
namespace {

constexpr int kVerifyFailed = 4;

// A picture is marked, and the model that marks it calibrated on it: that decides no size.
Status mark(const std::string& model, const std::string& output, bool verify) {
  std::vector<std::string> command = {VSEAL_COMMAND, "embed",       VSEAL_PICTURE, output, "--id",
                                      "4711",        "--overwrite", "--model",     model};
  if (!verify) command.emplace_back("--no-verify");
  VSEAL_ASSIGN_OR_RETURN(const Footprint most, watch(command));
  // A detector that was filled by rule reads what it likes.
  if (most.exit_code != 0 && !(verify && most.exit_code == kVerifyFailed)) {
    return internal_error("embed: expected to mark the picture, got exit code " +
                          std::to_string(most.exit_code));
  }
  fmt::print("{:<24} {:>8.1f} MB own {:>8.1f} MB of shared libraries {:>8.1f} MB in all\n",
             verify ? "mark and read back" : "mark", most.own_mb, most.libraries_mb, most.all_mb);
  return {};
}

Status quantize_and_mark(const std::string& checkpoint, const std::string& model,
                         const std::string& output) {
  VSEAL_RETURN_IF_ERROR(models::write_filled(models::full_sizes()[0].sizes, checkpoint));
  VSEAL_ASSIGN_OR_RETURN(const Footprint made, watch({VSEAL_COMMAND, "quantize", checkpoint,
                                                      "--data", VSEAL_PICTURE, "-o", model}));
  if (made.exit_code != 0) {
    return internal_error("quantize: got exit code " + std::to_string(made.exit_code));
  }
  VSEAL_RETURN_IF_ERROR(mark(model, output, false));
  return mark(model, output, true);
}

}  // namespace

Status measure_picture(const std::string& folder) {
  fmt::print("VideoSeal 1.0 in integers, one picture\n");
  const std::string stem = folder + "/vseal_videoseal";
  const Status status = quantize_and_mark(stem + ".safetensors", stem + ".vseal", stem + ".png");
  for (const char* ending : {".safetensors", ".vseal", ".png"}) {
    std::error_code ignored;
    std::filesystem::remove(stem + ending, ignored);
  }
  return status;
}

}  // namespace vseal::bench
