#include "attacks/grids.h"

namespace vseal::attacks {
namespace {

constexpr const char* kImages[] = {
    "identity",
    "flip",
    "rotate:5",
    "rotate:10",
    "rotate:30",
    "rotate:45",
    "rotate:90",
    "turn:90",
    "resize:0.32",
    "resize:0.5",
    "resize:0.71",
    "resize:0.95",
    "crop:0.5",
    "crop:0.55",
    "crop:0.63",
    "crop:0.71",
    "crop:0.77",
    "crop:0.84",
    "crop:0.95",
    "zoom:5",
    "aspect:0.75",
    "aspect:1.3333",
    "perspective:0.1",
    "perspective:0.3",
    "perspective:0.5",
    "pad:0.2",
    "inset:0.5",
    "brightness:0.1",
    "brightness:0.5",
    "brightness:1.5",
    "brightness:2",
    "contrast:0.1",
    "contrast:0.5",
    "contrast:1.5",
    "contrast:2",
    "gamma:0.6",
    "gamma:1.6",
    "saturation:0.5",
    "saturation:2",
    "hue:-0.2",
    "hue:0.2",
    "grey",
    "jpeg:90",
    "jpeg:80",
    "jpeg:70",
    "jpeg:60",
    "jpeg:50",
    "jpeg:40",
    "jpeg:30",
    "jpeg:20",
    "webp:80",
    "webp:50",
    "avif:60",
    "avif:40",
    "blur:1",
    "blur:1.7",
    "blur:2",
    "blur:2.9",
    "median:5",
    "noise:5",
    "noise:15",
    "resize:0.5+jpeg:60",
    "brightness:0.7+jpeg:50",
    "noise:5+jpeg:60",
    "jpeg:40+crop:0.71+brightness:0.5",
    "jpeg:60+crop:0.71+brightness:0.5",
    "jpeg:80+crop:0.71+brightness:0.5",
};

constexpr const char* kVideo[] = {
    "identity",
    "flip",
    "rotate:10",
    "rotate:90",
    "turn:90",
    "resize:0.55",
    "resize:0.71",
    "crop:0.55",
    "crop:0.71",
    "perspective:0.5",
    "brightness:0.5",
    "brightness:1.5",
    "contrast:0.5",
    "contrast:1.5",
    "saturation:0.5",
    "saturation:1.5",
    "hue:0.25",
    "grey",
    "jpeg:40",
    "blur:1.7",
    "x264:23",
    "x264:28",
    "x264:30",
    "x264:36",
    "x264:40",
    "x264:50",
    "x264rgb:23",
    "x265:23",
    "x265:28",
    "x265:30",
    "x265:40",
    "x265:50",
    "vp9:33",
    "vp9:45",
    "av1:35",
    "av1:50",
    "height:480+x264:28",
    "fps:30+x264:28",
    "drop:0.2+x264:28",
    "speed:1.25+x264:28",
    "cut:10+x264:28",
    "window:0.5625+x264:28",
    "x264:23+crop:0.71+brightness:0.5",
    "x264:30+crop:0.71+brightness:0.5",
    "x264:40+crop:0.71+brightness:0.5",
    "x264:50+crop:0.71+brightness:0.5",
};

constexpr const char* kQuick[] = {
    "identity", "jpeg:60", "jpeg:40",        "resize:0.5",         "blur:2",
    "noise:15", "flip",    "rotate:5",       "crop:0.71",          "contrast:0.5",
    "x264:28",  "x265:28", "brightness:1.5", "resize:0.5+jpeg:60",
};

struct Grid {
  std::string_view name;
  std::span<const char* const> attacks;
};
constexpr Grid kGrids[] = {{"images", kImages}, {"video", kVideo}, {"quick", kQuick}};

}  // namespace

std::span<const char* const> find_grid(std::string_view name) {
  for (const Grid& grid : kGrids) {
    if (grid.name == name) return grid.attacks;
  }
  return {};
}

}  // namespace vseal::attacks
