// Marks under attack: how much of them comes back, over pictures and clips.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workbench/eval/results_file.h"

namespace vseal::workbench {

// What could not be done.
struct EvalFailure {
  std::string file;
  std::string attack;  // empty: the file could not be marked
  Status status;
};

// All attacks on the files of one kind.
struct KindReport {
  pipeline::SourceKind kind = pipeline::SourceKind::kPicture;
  std::vector<FileRecord> files;  // that could be marked
  double psnr_db = 0;             // means over them
  double worst_psnr_db = 0;
  double ssim = 0;
  double worst_ssim = 0;
  std::vector<AttackSummary> attacks;  // in the order of the list
};

struct EvalReport {
  std::string version;
  std::string model;
  int bits = 0;          // of a message
  int id_bits = 0;       // of its ID; 0: random bits without one
  std::string settings;  // JSON: all that results depend on
  EvalSettings asked;
  std::vector<KindReport> kinds;  // that had files
  std::vector<EvalFailure> failures;
  std::map<std::string, std::map<std::string, Score>> scores;  // by path and attack
  int64_t jobs = 0;                                            // that this run had to do
  int64_t resumed = 0;                                         // that an earlier one had done
};

// Marks every file with a random ID (raw random bits where the model has too few for one) at
// `settings.marker`, attacks it in every way of the list, reads, scores. Attacks that need a video
// are left out for pictures. Jobs are spread over the threads of tools.pool, one on each; at most
// one file more than there are threads is held in memory. The results are the same for any number
// of threads. With an output folder every result is recorded as it comes, and resume skips what is
// recorded. A file or an attack that fails is in the report; errors are settings that make no
// sense, an output that cannot be written, kCancelled.
Result<EvalReport> evaluate(const EvalTools& tools, const EvalSettings& settings,
                            const EvalProgress& progress);

}  // namespace vseal::workbench
