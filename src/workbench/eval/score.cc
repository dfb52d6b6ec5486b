#include "workbench/eval/score.h"

#include <algorithm>
#include <cmath>

namespace vseal::workbench {

Score score_reading(const EvalReading& reading, const EvalMark& mark) {
  const payload::BitsMatch match =
      payload::match_bits(payload::bits_of_logits(reading.logits), mark.bits);
  Score score{match.count, match.matches, false, match.p_value, reading.frames};
  score.id_found = mark.id.has_value() && reading.id.verdict == payload::Verdict::kPresent &&
                   reading.id.payload == mark.id;
  return score;
}

double capacity_bits(int bits, double accuracy) {
  if (accuracy <= 0.5) return 0;
  if (accuracy >= 1) return bits;
  const double wrong = 1 - accuracy;
  const double entropy = -accuracy * std::log2(accuracy) - wrong * std::log2(wrong);
  return bits * (1 - entropy);
}

AttackSummary summarise(pipeline::SourceKind kind, const std::string& attack, bool with_ids,
                        std::span<const FileScore> scores) {
  AttackSummary summary;
  summary.kind = kind;
  summary.attack = attack;
  std::vector<double> p_values;
  int bits = 0, found = 0, detected = 0;
  for (const FileScore& one : scores) {
    if (!one.score.has_value()) {
      ++summary.failed;
      continue;
    }
    const double accuracy = one.score->accuracy();
    if (summary.files == 0 || accuracy < summary.worst_accuracy) {
      summary.worst_accuracy = accuracy;
      summary.worst_file = one.file;
    }
    ++summary.files;
    bits = one.score->bits;
    summary.accuracy += accuracy;
    found += one.score->id_found ? 1 : 0;
    detected += one.score->p_value < kDetectedPValue ? 1 : 0;
    p_values.push_back(one.score->p_value);
  }
  if (summary.files == 0) return summary;
  summary.accuracy /= summary.files;
  summary.capacity = capacity_bits(bits, summary.accuracy);
  if (with_ids) summary.id_rate = static_cast<double>(found) / summary.files;
  summary.detected = static_cast<double>(detected) / summary.files;
  const auto middle = p_values.begin() + summary.files / 2;
  std::nth_element(p_values.begin(), middle, p_values.end());
  summary.median_p_value = *middle;
  return summary;
}

}  // namespace vseal::workbench
