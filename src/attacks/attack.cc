#include "attacks/attack.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "attacks/grids.h"

namespace vseal::attacks {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// As few digits as tell the number from its neighbours in a table: "0.71", "60".
std::string number_text(double value) {
  char digits[32];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::general, 6);
  return std::string(digits, end.ptr);
}

const AttackType* find_type(std::string_view name) {
  for (const AttackType& type : attack_types()) {
    if (name == type.name) return &type;
  }
  return nullptr;
}

std::string all_names() {
  std::string names;
  for (const AttackType& type : attack_types()) {
    names += (names.empty() ? "" : ", ") + std::string(type.name);
  }
  return names;
}

Result<AttackStep> parse_step(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string name(text.substr(0, colon));
  const AttackType* type = find_type(name);
  if (type == nullptr) {
    return invalid_argument("[attack] expected one of " + all_names() + "; got \"" + name + "\"");
  }
  const bool given = colon != std::string_view::npos;
  if (type->parameter == nullptr) {
    if (!given) return AttackStep{type, 0};
    return invalid_argument("[attack] " + name + ": takes no number, got \"" + std::string(text) +
                            "\"");
  }
  const std::string_view digits = given ? text.substr(colon + 1) : std::string_view();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool read = error == std::errc() && end == digits.data() + digits.size();
  const bool inside = value >= type->low && value <= type->high;
  if (read && inside && (!type->whole || value == std::floor(value))) {
    return AttackStep{type, value};
  }
  return invalid_argument("[attack] " + name + ": expected " + name + ":NUMBER (" +
                          type->parameter + ", " + (type->whole ? "whole, " : "") +
                          number_text(type->low) + " to " + number_text(type->high) + "), got \"" +
                          std::string(text) + "\"");
}

Status add_unique(std::vector<Attack>& attacks, std::string_view text) {
  VSEAL_ASSIGN_OR_RETURN(Attack attack, parse_attack(text));
  const std::string name = attack.name();
  const bool known =
      std::ranges::any_of(attacks, [&](const Attack& a) { return a.name() == name; });
  if (!known) attacks.push_back(std::move(attack));
  return {};
}

}  // namespace

std::string Attack::name() const {
  std::string text;
  for (const AttackStep& step : steps) {
    if (!text.empty()) text += "+";
    text += step.type->name;
    if (step.type->parameter != nullptr) text += ":" + number_text(step.value);
  }
  return text;
}

bool Attack::needs_video() const {
  return std::ranges::any_of(steps, [](const AttackStep& s) { return s.type->video != nullptr; });
}

Result<Attack> parse_attack(std::string_view text) {
  Attack attack;
  for (const std::string_view part : split(text, '+')) {
    VSEAL_ASSIGN_OR_RETURN(const AttackStep step, parse_step(part));
    if (!attack.steps.empty() && std::strcmp(step.type->name, "cut") == 0) {
      return invalid_argument("[attack] cut: expected first in the chain, got \"" +
                              std::string(text) + "\"");
    }
    attack.steps.push_back(step);
  }
  return attack;
}

Result<std::vector<Attack>> parse_attacks(std::string_view list) {
  std::vector<Attack> attacks;
  for (const std::string_view part : split(list, ',')) {
    const std::span<const char* const> grid = find_grid(part);
    if (grid.empty()) VSEAL_RETURN_IF_ERROR(add_unique(attacks, part));
    for (const char* text : grid) VSEAL_RETURN_IF_ERROR(add_unique(attacks, text));
  }
  return attacks;
}

Result<media::Raster> attack_picture(const media::Raster& in, const Attack& attack,
                                     const Chance& chance) {
  if (attack.needs_video()) {
    return unsupported("[attack] " + attack.name() + ": expected a video, got a picture");
  }
  media::Raster picture = in;
  Chance own = chance;
  for (const AttackStep& step : attack.steps) {
    VSEAL_ASSIGN_OR_RETURN(picture, step.type->picture(picture, step.value, own));
    ++own.seed;
  }
  return picture;
}

}  // namespace vseal::attacks
