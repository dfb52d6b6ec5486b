// Exit codes: those of sysexits.h, and the verdicts of detect.
#pragma once

#include "vseal/vseal.h"

namespace vseal::cli {

inline constexpr int kExitAbsent = 1;
inline constexpr int kExitUncertain = 3;
inline constexpr int kExitVerifyFailed = 4;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitInternal = 70;
inline constexpr int kExitIo = 74;
inline constexpr int kExitInterrupted = 130;

int exit_code(vseal_code code);
int exit_code(vseal_verdict verdict);

}  // namespace vseal::cli
