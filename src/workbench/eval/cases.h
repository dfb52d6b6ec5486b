// What marks and attacks look like, in small pictures for a page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workbench/eval/evaluate.h"

namespace vseal::workbench {

// Four pictures of one (file, attack), as JPEG files.
struct EvalCase {
  std::string file;
  std::string attack;
  Score score;
  MarkedFile marked;
  std::vector<uint8_t> original;
  std::vector<uint8_t> mark;        // the marked picture
  std::vector<uint8_t> difference;  // 128 + 10 (marked - original)
  std::vector<uint8_t> attacked;
};

struct EvalCases {
  std::vector<EvalCase> lost;     // fewest bits right, the worst first, each attack's kind once
  std::vector<EvalCase> visible;  // lowest SSIM, the worst first
};

// The worst cases of a report, marked and attacked again: every chance follows from the seed. What
// fails to come again is left out.
Result<EvalCases> worst_cases(const EvalTools& tools, const EvalReport& report);

// The choice behind it, in order: of each kind of attack ("crop", or "jpeg+crop+brightness") the
// (file, attack) with the lowest bit accuracy, those below `below` alone, at most `most`.
struct CaseKey {
  std::string file;
  std::string attack;
  Score score;
};
std::vector<CaseKey> pick_lost(const EvalReport& report, double below, size_t most);

}  // namespace vseal::workbench
