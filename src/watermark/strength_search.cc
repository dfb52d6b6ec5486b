#include "watermark/strength_search.h"

#include <algorithm>
#include <cmath>

namespace vseal::watermark {

Result<FoundStrength> find_strength(const StrengthSearch& search, double start,
                                    const MeasurePsnr& measure) {
  double weak = search.least, strong = search.most;
  double factor = std::clamp(start, weak, strong);
  FoundStrength best;
  for (int i = 0; i < search.most_tries; ++i) {
    VSEAL_ASSIGN_OR_RETURN(const double psnr, measure(factor));
    const double above = psnr - search.target_db;
    if (i == 0 || std::abs(above) < std::abs(best.psnr_db - search.target_db)) {
      best = {factor, psnr};
    }
    if (std::abs(above) <= search.tolerance_db) break;
    (above > 0 ? weak : strong) = factor;
    // At the end of the range there is nothing left to try.
    if (weak >= strong) break;
    const double lawful = factor * std::pow(10.0, above / 20);
    const double end = above > 0 ? strong : weak;
    const bool end_tried = end != (above > 0 ? search.most : search.least);
    if (lawful > weak && lawful < strong) {
      factor = lawful;
    } else {
      factor = end_tried ? std::sqrt(weak * strong) : end;
    }
  }
  return best;
}

}  // namespace vseal::watermark
