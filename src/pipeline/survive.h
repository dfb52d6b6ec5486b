// Marks that are tried out before they are let go: attacked, read, and made stronger where lost.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "attacks/attack.h"
#include "base/status.h"
#include "pipeline/source.h"
#include "watermark/marker.h"

namespace vseal::pipeline {

struct MarkSettings;
struct MarkReport;

// What a marked file must come through. Empty: nothing is tried.
struct SurviveSettings {
  std::vector<attacks::Attack> attacks;
  double floor_db = 38.0;  // PSNR in RGB below which no mark is made stronger
};

struct AttackOutcome {
  std::string attack;
  bool found = false;  // the ID, or raw bits beyond chance, read back
  int bits_right = 0;  // of the pooled logits, or at the placement that a search found
  int bits = 0;
};

struct SurviveReport {
  int rounds = 0;                       // marks made
  double raised_db = 0;                 // how far the strength was raised over what was asked
  double psnr_db = 0;                   // in RGB, of the last mark
  std::vector<AttackOutcome> outcomes;  // of the last mark, in the order asked for
  double seconds = 0;                   // of attacking and reading
};

// Frames of a video that are attacked, from its start.
inline constexpr int kSurviveFrames = 256;

// kInvalidArgument for an attack that happens to videos only and a picture.
Status check_survivable(const SurviveSettings& settings, SourceKind kind);

// Writes one mark with these options and fills in the report; called once a round.
using WriteMark = std::function<Status(const watermark::MarkerOptions& options)>;

// Calls `write`, which leaves the marked file at `path`, and does every attack to that file in
// turn and reads what is left, with a fast search for the ID where it needs one (raw bits are not
// searched for); where the ID does not come back, once more with a mark 1 dB stronger, and at last
// with one of floor_db. kVerifyFailed, naming the attacks that took it and what was reached, when
// that is lost as well. `report` is the one that `write` fills: its rgb_psnr_db is read, its
// survive set.
Status mark_until_it_survives(const Tools& tools, const std::string& path, const std::string& name,
                              const MarkSettings& settings, MarkReport& report,
                              const WriteMark& write);

}  // namespace vseal::pipeline
