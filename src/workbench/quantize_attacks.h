// What integers cost where it matters: bits read back after attacks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "workbench/eval/score.h"

namespace vseal::workbench {

// One form of a model marks, one reads.
struct PairUnderAttack {
  std::string embedder, detector;  // the forms' names
  double psnr_db = 0;              // of the marks, mean over the pictures
  std::vector<AttackSummary> attacks;
};

// A short grid: what a picture meets on its way, "identity" first.
extern const char* const kQuantizeAttacks;

struct ModelForm {
  std::string name;  // "f32", "int8"
  std::shared_ptr<const models::Model> model;
};

// Marks the pictures `paths` with random bits by either form, attacks them in every way of
// kQuantizeAttacks, and reads by either form, without a search: four pairs, `whole` with itself
// first. `progress` is told the pair, jobs done and in all; false gives up (kCancelled). Pictures
// that cannot be marked are left out.
Result<std::vector<PairUnderAttack>> attack_pairs(
    const std::vector<std::string>& paths, const ModelForm& whole, const ModelForm& quantized,
    ThreadPool& pool, const std::function<bool(const char* stage, int done, int total)>& progress);

}  // namespace vseal::workbench
