#include "workbench/eval/published.h"

namespace vseal::workbench {
namespace {

constexpr const char* kSa1b = "SA-1B, native size";
constexpr const char* kChunkyTable4 = "ChunkySeal, arXiv 2510.12812, table 4";

constexpr PublishedSystem kPictureSystems[] = {
    {"VideoSeal 1.0", 256, 44.42, 0.9963, kSa1b, kChunkyTable4},
    {"VideoSeal 1.0", 256, 44.94, 0, "COCO", "ChunkySeal, arXiv 2510.12812, table 5"},
    {"ChunkySeal", 1024, 45.32, 0.9945, kSa1b, kChunkyTable4},
    {"VideoSeal 0.0", 96, 53.19, 0.9995, kSa1b, kChunkyTable4},
    {"TrustMark", 100, 42.29, 0.9941, kSa1b, kChunkyTable4},
    {"WAM", 32, 38.19, 0.9842, kSa1b, kChunkyTable4},
    {"MBRS", 256, 45.54, 0.9962, kSa1b, kChunkyTable4},
    {"HiDDeN", 48, 30.41, 0.9299, kSa1b, kChunkyTable4},
};

// Attacks whose definition is ours too. Blur by kernels 9 and 17 is sigma 1.7 and 2.9.
constexpr PublishedFigure kPictureFigures[] = {
    {"identity", {99.90, 99.92, 99.74, 97.92, 99.81, 100, 98.74, 92.19}},
    {"flip", {99.89, 0, 99.65, 97.20, 99.81, 100, 50.63, 64.1}},
    {"rotate:5", {99.37, 0, 99.29, 94.79, 56.88, 98.83, 50, 81}},
    {"rotate:10", {98.31, 97.56, 97.26, 90.26, 48.23, 75.00, 50, 72}},
    {"rotate:30", {51.30, 0, 49.56, 54.93, 49.65, 51.82, 50, 0}},
    {"rotate:90", {81.07, 0, 51.37, 49.08, 49.42, 50.78, 50, 0}},
    {"resize:0.32", {99.89, 97.69, 99.75, 97.92, 99.81, 100, 98.24, 90.36}},
    {"resize:0.71", {99.90, 0, 99.73, 97.96, 99.81, 100, 98.69, 0}},
    {"crop:0.55", {52.73, 0, 86.90, 63.58, 51.58, 96.22, 50, 57}},
    {"crop:0.63", {66.70, 0, 93.42, 79.13, 51.81, 97.79, 50, 64}},
    {"crop:0.71", {87.34, 81.43, 95.85, 86.74, 56.42, 98.83, 50, 69}},
    {"crop:0.77", {95.3, 0, 97.1, 91.8, 92.9, 99.4, 0, 74}},
    {"crop:0.84", {98.31, 0, 97.77, 93.47, 99.88, 99.61, 50, 80}},
    {"crop:0.95", {99.56, 0, 99.29, 95.03, 99.92, 99.22, 50, 83}},
    {"brightness:0.1", {83.17, 0, 83.62, 82.69, 80.04, 96.48, 61.76, 51}},
    {"brightness:0.5", {99.76, 0, 99.74, 97.48, 99.54, 100, 95.01, 76}},
    {"brightness:1.5", {96.2, 0, 97.3, 87.8, 92.4, 100, 91, 93}},
    {"brightness:2", {92.85, 0, 95.10, 80.17, 88.31, 99.48, 86.93, 93}},
    {"contrast:0.1", {97.88, 0, 99.46, 84.21, 74.96, 95.31, 74.01, 52}},
    {"contrast:2", {95.88, 0, 97.86, 86.98, 90.08, 99.74, 89.21, 97}},
    {"hue:-0.2", {99.4, 0, 98.4, 83.3, 97.3, 95.2, 95, 61}},
    {"hue:0.2", {99.0, 0, 99.3, 81.6, 97.5, 98.7, 96, 59}},
    {"jpeg:80", {99.8, 0, 99.3, 97.4, 99.7, 100, 98.6, 92}},
    {"jpeg:60", {99.76, 0, 98.62, 96.15, 99.62, 100, 98.54, 91}},
    {"jpeg:40", {99.41, 97.79, 97.18, 94.91, 99.50, 100, 98.35, 91}},
    {"blur:1.7", {99.89, 0, 99.74, 97.88, 99.81, 100, 98.15, 89}},
    {"blur:2.9", {99.79, 0, 99.70, 98.00, 99.73, 100, 96.83, 85}},
};

constexpr PublishedSystem kVideoSystems[] = {
    {"VideoSeal 0.0", 96, 0, 0, "SA-V validation clips",
     "Omni Seal Bench leaderboard (facebook/omnisealbench), "
     "sav_val_full_video_attacks_variations.csv"},
};

constexpr PublishedFigure kVideoFigures[] = {
    {"rotate:10", {93.8}},      {"rotate:90", {51.1}},      {"resize:0.55", {98.9}},
    {"resize:0.71", {98.9}},    {"crop:0.55", {71.8}},      {"crop:0.71", {95.2}},
    {"brightness:0.5", {98.8}}, {"brightness:1.5", {97.8}}, {"contrast:0.5", {98.8}},
    {"contrast:1.5", {98.3}},   {"saturation:0.5", {98.7}}, {"saturation:1.5", {98.9}},
};

}  // namespace

PublishedTable published_figures(pipeline::SourceKind kind) {
  if (kind == pipeline::SourceKind::kVideo) {
    return {kVideoSystems, kVideoFigures,
            "Published bit accuracy, measured by others on other clips; ours is of the files of "
            "this page. For codecs no figures were found in print."};
  }
  return {kPictureSystems, kPictureFigures,
          "Published bit accuracy, measured by others on other pictures (SA-1B: photographs of "
          "several megapixels; COCO: about 640x480, where marks of most systems read worse); ours "
          "is of the files of this page. PSNR and the number of bits differ as well: fewer bits "
          "are easier to read."};
}

}  // namespace vseal::workbench
