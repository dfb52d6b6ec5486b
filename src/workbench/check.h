// Whether a model reads what it writes.
#pragma once

#include <memory>

#include "base/status.h"
#include "base/thread_pool.h"
#include "watermark/networks.h"

namespace vseal::workbench {

struct CheckReport {
  int bits = 0;
  int bits_right = 0;   // of a fixed message, read back from the marked picture
  double p_value = 1;   // of as many by chance: exact binomial
  double psnr_db = 0;   // of the mark, at the card's strength
  bool finite = true;   // every logit is a number
  bool passed = false;  // finite, and p_value <= 1e-9
};

// Marks a known picture (768x512, computed: slopes, edges and texture) at the card's strength
// without feedback, and reads it back. An untrained or damaged model fails; it is no measure of
// robustness.
Result<CheckReport> check_model(const std::shared_ptr<const watermark::Networks>& networks,
                                ThreadPool& pool);

}  // namespace vseal::workbench
