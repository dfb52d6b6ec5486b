#include "watermark/strength_search.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace vseal::watermark {
namespace {

// One end of the range in which the strength lies: a try, or how far tries may go.
struct End {
  double log_factor;
  std::optional<double> above_db;  // of a try: its PSNR less the target
};

// Where the line between two tries meets the target, kept off both so that either end must move.
double between(const End& weak, const End& strong) {
  constexpr double kLeastShare = 0.1;
  const double share = *weak.above_db / (*weak.above_db - *strong.above_db);
  return std::lerp(weak.log_factor, strong.log_factor,
                   std::clamp(share, kLeastShare, 1 - kLeastShare));
}

}  // namespace

Result<FoundStrength> find_strength(const StrengthSearch& search, double start,
                                    const MeasurePsnr& measure) {
  End weak{std::log(search.least), {}}, strong{std::log(search.most), {}};
  double at = std::clamp(std::log(start), weak.log_factor, strong.log_factor);
  FoundStrength best;
  for (int i = 0; i < search.most_tries && weak.log_factor < strong.log_factor; ++i) {
    VSEAL_ASSIGN_OR_RETURN(const double psnr, measure(std::exp(at)));
    const double above = psnr - search.target_db;
    if (i == 0 || std::abs(above) < std::abs(best.psnr_db - search.target_db)) {
      best = {std::exp(at), psnr};
    }
    if (std::abs(above) <= search.tolerance_db) break;
    (above > 0 ? weak : strong) = {at, above};
    const double lawful = at + above / 20 * std::log(10.0);
    at = weak.above_db.has_value() && strong.above_db.has_value()
             ? between(weak, strong)
             : std::clamp(lawful, weak.log_factor, strong.log_factor);
  }
  return best;
}

}  // namespace vseal::watermark
