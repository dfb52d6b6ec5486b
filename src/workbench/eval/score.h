// How well marks came through attacks: numbers for one reading, and their summaries.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "payload/codec.h"
#include "payload/raw_bits.h"
#include "pipeline/source.h"

namespace vseal::workbench {

// What was put into one file.
struct EvalMark {
  payload::Bits bits;                       // the model's message
  std::optional<payload::Payload> id = {};  // that it encodes; none for models of too few bits
};

// What was read from one attacked file.
struct EvalReading {
  std::vector<float> logits;  // pooled, or of the placement at which a search read the ID
  payload::Reading id = {};   // what the codec says of them
  int frames = 0;             // that were pooled
};

struct Score {
  int bits = 0;
  int bits_right = 0;
  bool id_found = false;  // a verdict "present", with the very ID
  double p_value = 1;     // as many right bits by chance: exact binomial
  int frames = 0;

  double accuracy() const { return bits > 0 ? static_cast<double>(bits_right) / bits : 0.0; }
};

Score score_reading(const EvalReading& reading, const EvalMark& mark);

// n (1 - H(p)), H(p) = -p log2 p - (1 - p) log2 (1 - p): what a code can carry over n bits of which
// a share `accuracy` is right. 0 where it is not above one half.
double capacity_bits(int bits, double accuracy);

// Below this chance a mark counts as detected by who knows its message.
inline constexpr double kDetectedPValue = 1e-6;

// One attack's scores over all files of a kind.
struct AttackSummary {
  pipeline::SourceKind kind = pipeline::SourceKind::kPicture;
  std::string attack;
  int files = 0;        // that were scored
  int failed = 0;       // that could not be attacked or read
  double accuracy = 0;  // mean share of right bits
  double worst_accuracy = 0;
  std::string worst_file;         // the first one of them
  std::optional<double> id_rate;  // share of files that gave their ID back; none without IDs
  double capacity = 0;            // capacity_bits() of the mean accuracy
  double median_p_value = 1;      // of an even number, the larger middle one
  double detected = 0;            // share of files with p < kDetectedPValue
};

struct FileScore {
  std::string file;
  std::optional<Score> score;  // none where it failed
};

// `scores` in the order of the files.
AttackSummary summarise(pipeline::SourceKind kind, const std::string& attack, bool with_ids,
                        std::span<const FileScore> scores);

}  // namespace vseal::workbench
