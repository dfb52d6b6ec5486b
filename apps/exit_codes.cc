#include "apps/exit_codes.h"

namespace vseal::cli {

int exit_code(vseal_code code) {
  switch (code) {
    case VSEAL_OK:
      return 0;
    case VSEAL_INVALID_ARGUMENT:
      return kExitUsage;
    case VSEAL_CORRUPT_INPUT:
    case VSEAL_UNSUPPORTED:
      return 65;
    case VSEAL_NOT_FOUND:
      return 66;
    case VSEAL_CANNOT_CREATE:
      return 73;
    case VSEAL_IO:
      return kExitIo;
    case VSEAL_UNAVAILABLE:
      return 69;
    case VSEAL_OUT_OF_MEMORY:
    case VSEAL_TRY_AGAIN:
      return 75;
    case VSEAL_CANCELLED:
      return kExitInterrupted;
    case VSEAL_VERIFY_FAILED:
      return kExitVerifyFailed;
    case VSEAL_INTERNAL:
      break;
  }
  return kExitInternal;
}

int exit_code(vseal_verdict verdict) {
  switch (verdict) {
    case VSEAL_PRESENT:
      return 0;
    case VSEAL_ABSENT:
      return kExitAbsent;
    case VSEAL_UNCERTAIN:
      return kExitUncertain;
  }
  return kExitInternal;
}

}  // namespace vseal::cli
