// Our names over Highway's run-time targets.
#include "kernels/isa.h"

#include <hwy/targets.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <mutex>

#include "base/log.h"
#include "kernels/amx.h"

namespace vseal::kernels {
namespace {

struct IsaName {
  const char* name;
  int64_t target;
  bool tiles = false;  // needs AMX as well
};

// Best first.
constexpr IsaName kIsaNames[] = {
    {"amx", HWY_AVX3, true}, {"avx512", HWY_AVX3},   {"avx2", HWY_AVX2},     {"sse4", HWY_SSE4},
    {"neon", HWY_NEON},      {"emu128", HWY_EMU128}, {"scalar", HWY_SCALAR},
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// What Highway found, before anyone forced anything, restricted to what this binary carries.
int64_t detected_targets() {
  static const int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return targets;
}

// Asks the operating system when first needed, which is never where VSEAL_ISA caps below.
bool tiles_acquired() {
  static const bool acquired = acquire_amx();
  return acquired;
}

bool is_available(const IsaName& isa) {
  return (detected_targets() & isa.target) != 0 && (!isa.tiles || tiles_acquired());
}

const IsaName* find_available(std::string_view name) {
  for (const IsaName& isa : kIsaNames) {
    if (name == isa.name && is_available(isa)) return &isa;
  }
  return nullptr;
}

// Asking Highway costs a CPUID, which a virtual machine answers slowly: kept here.
std::atomic<const char*> active{nullptr};

const char* find_best() {
  for (const IsaName& isa : kIsaNames) {
    if (is_available(isa)) return isa.name;
  }
  return kIsaNames[std::size(kIsaNames) - 1].name;
}

Status choose(std::string_view name) {
  static std::mutex mutex;
  const IsaName* isa = find_available(name);
  if (isa == nullptr && name != "auto") {
    return invalid_argument("[isa] name: expected auto or one of " + listed(available_isas()) +
                            ", got \"" + std::string(name) + "\"");
  }
  std::lock_guard lock(mutex);
  // 0 ends the restriction.
  hwy::SetSupportedTargetsForTest(isa == nullptr ? 0 : isa->target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  active.store(isa == nullptr ? find_best() : isa->name);
  return {};
}

bool read_environment() {
  const char* wanted = std::getenv("VSEAL_ISA");
  const Status status = choose(wanted == nullptr ? "auto" : wanted);
  if (status.ok()) return true;
  log(LogLevel::kWarning, "VSEAL_ISA ignored: " + status.message());
  active.store(find_best());
  return true;
}

}  // namespace

void settle_isa() {
  static const bool settled = read_environment();
  static_cast<void>(settled);
}

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const IsaName& isa : kIsaNames) {
    if (is_available(isa)) names.emplace_back(isa.name);
  }
  return names;
}

std::string active_isa() {
  settle_isa();
  return active.load();
}

Status force_isa(std::string_view name) {
  settle_isa();
  return choose(name);
}

}  // namespace vseal::kernels
