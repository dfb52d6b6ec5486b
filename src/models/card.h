// The card of a model file: JSON in the metadata under the name "card".
#pragma once

#include <string>

#include "models/model.h"

namespace vseal::models {

// Axis order of the stored tensors. kTorch: filters [oc,ic,kh,kw], tiles [channels,rows,columns].
// kNhwc: filters [oc,kh,kw,ic], tiles [rows,columns,channels], as our graphs have them.
enum class Layout { kTorch, kNhwc };

struct CardFile {
  Card card;
  Layout layout = Layout::kTorch;
};

// Reads both our own cards and those that the training writes (no "family", but "cfg"). Every value
// is checked: kCorruptInput "[card] field: expected ..., got ..." for one that is missing, of
// another type or out of range, kUnsupported for a family, layout or variant that is not known.
Result<CardFile> parse_card(const std::string& json);

// `base` with the fields that `json` has: for what a checkpoint does not say of itself. Errors as
// parse_card's; bits and channels cannot change.
Result<Card> amend_card(const Card& base, const std::string& json);

// The card as JSON, such that parse_card gives it back.
std::string card_json(const Card& card);

}  // namespace vseal::models
