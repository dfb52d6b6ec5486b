// Versions of ops: a runtime refuses a file that asks for a later one than it knows.
#pragma once

#include "tflite_generated.h"

namespace vseal::formats::tflite {

// What an op's version depends on.
struct OpTypes {
  TensorType input = TensorType::Float32;   // of the first input
  TensorType weight = TensorType::Float32;  // of the second
  bool row_scaled = false;                  // the weight has a scale for each row
};

// The lowest version that may say what the op says (LiteRT's op_version.cc). 0 for an op that does
// not take these types.
int lowest_version(Code code, const OpTypes& types, const OptionsUnion& options);

}  // namespace vseal::formats::tflite
