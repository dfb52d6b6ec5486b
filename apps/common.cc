#include "apps/common.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/exit_codes.h"
#include "apps/key.h"

namespace vseal::cli {

using nlohmann::ordered_json;

int fail(const CommonSettings& common, const Error& error, std::FILE* answers) {
  fmt::print(stderr, "vseal: {}\n", error.message);
  if (common.json) {
    const ordered_json json = {
        {"error", {{"code", vseal_code_name(error.code)}, {"message", error.message}}}};
    fmt::print(answers, "{}\n", json.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }
  return exit_code(error.code);
}

Expected<Context> open_context(const CommonSettings& common) {
  auto key = find_key(common.key_file);
  if (!key.ok()) return key.error();
  ContextOptions options;
  options.model = common.model.empty() ? nullptr : common.model.c_str();
  options.threads = common.threads;
  if (!key->empty()) {
    options.key = key->data();
    options.key_size = key->size();
  }
  auto context = Context::create(options);
  std::ranges::fill(*key, uint8_t{0});
  return context;
}

}  // namespace vseal::cli
