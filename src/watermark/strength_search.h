// The strength at which a picture reaches a PSNR.
#pragma once

#include <functional>

#include "base/status.h"

namespace vseal::watermark {

struct StrengthSearch {
  double target_db = 44.0;
  double tolerance_db = 0.02;
  double least = 1.0 / 64;  // range of factors
  double most = 64.0;
  int most_tries = 16;
};

struct FoundStrength {
  double factor = 1.0;
  double psnr_db = 0.0;  // measured at it
};

// Gives the PSNR, in dB, of a mark whose strength is multiplied with `factor`; falls as it grows.
using MeasurePsnr = std::function<Result<double>(double factor)>;

// Follows 20 dB a decade from `start`, the law of a mark that neither rounds nor clamps, until the
// target lies between two tries, and then the line between them. Two or three tries for a picture;
// where samples round or saturate, more. The nearest try when none is within tolerance (nothing but
// white, say).
Result<FoundStrength> find_strength(const StrengthSearch& search, double start,
                                    const MeasurePsnr& measure);

}  // namespace vseal::watermark
