// Models of the VideoSeal family without their checkpoints: the published sizes, weights by rule.
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "models/model.h"

namespace vseal::bench {

// "VideoSeal 1.0" (luma, ConvNeXtV2) and "VideoSeal 0.0" (RGB, vision transformer).
std::span<const char* const> family_models();

// The model of that name, built as from its checkpoint; the same weights on every machine.
// Activations neither vanish nor grow. Writes a file of 0.1 to 0.3 GB in the folder for temporary
// files and removes its name again.
Result<std::shared_ptr<const models::Model>> family_model(const std::string& name);

}  // namespace vseal::bench
