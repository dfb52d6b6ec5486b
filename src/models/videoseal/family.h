// What no tensor of a VideoSeal checkpoint says: the card.
#pragma once

#include <span>
#include <string>

#include "models/model.h"
#include "models/videoseal/sizes.h"

namespace vseal::models::videoseal {

// The published models and where their authors offer them (the cards in upstream's
// videoseal/cards/). Weights are Meta's, under their licence.
struct PublishedModel {
  const char* name;
  const char* address;
  int64_t first_width;  // with which, in its class of networks, it is recognised
  int step;
  const char* reported_sha256;  // of the checkpoint, by a third party; null when nobody has
};
std::span<const PublishedModel> published_models();

// The card for networks of these sizes: name, step and attenuation of the published model of the
// same class (input channels, norm, detector) and first width, else those of the class; then
// whatever `args` of the checkpoint (JSON, may be empty) states: img_size_proc, attenuation,
// scaling_w, videoseal_step_size; then the fields of `amendments` (JSON of a card, may be empty).
// kUnsupported for a scaling_i other than 1, or an attenuation that is not known and not amended;
// kCorruptInput when `args` or `amendments` contradict the tensors (bits).
Result<Card> make_card(const Sizes& sizes, const std::string& args, const std::string& amendments);

}  // namespace vseal::models::videoseal
