// What others have published, to stand beside our own figures.
#pragma once

#include <array>
#include <span>

#include "pipeline/source.h"

namespace vseal::workbench {

struct PublishedSystem {
  const char* name;
  int bits;
  double psnr_db;      // 0: not published
  double ssim;         // 0: not published
  const char* data;    // on which it was measured
  const char* source;  // where that was published
};

inline constexpr size_t kMostPublished = 8;

struct PublishedFigure {
  const char* attack;  // in our names
  // Bit accuracy in percent, one for each system of the table; 0: not published.
  std::array<double, kMostPublished> bit_percent;
};

struct PublishedTable {
  std::span<const PublishedSystem> systems;
  std::span<const PublishedFigure> figures;
  const char* caveat;  // in what the data and the attacks differ from ours
};

PublishedTable published_figures(pipeline::SourceKind kind);

}  // namespace vseal::workbench
