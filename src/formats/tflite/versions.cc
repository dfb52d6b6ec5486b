#include "formats/tflite/versions.h"

namespace vseal::formats::tflite {
namespace {

constexpr TensorType kF32 = TensorType::Float32;
constexpr TensorType kI8 = TensorType::Int8;

int convolution_version(const OpTypes& types, bool depthwise) {
  if (types.input == kF32 && types.weight == kF32) return 1;
  if (types.input == kI8 && types.weight == kI8) return 3;
  if (types.input != kF32 || types.weight != kI8) return 0;
  if (depthwise) return types.row_scaled ? 6 : 4;
  return types.row_scaled ? 5 : 2;
}

int fully_connected_version(const OpTypes& types, const OptionsUnion& options) {
  const auto* fully_connected = options.AsFullyConnectedOptions();
  const bool keeps_rank = fully_connected != nullptr && fully_connected->keep_rank;
  if (types.input == kF32 && types.weight == kI8) return types.row_scaled ? 12 : 3;
  if (types.input != types.weight) return 0;
  if (keeps_rank) return 5;
  if (types.input == kI8) return 4;
  return types.input == kF32 ? 1 : 0;
}

int matmul_version(const OpTypes& types) {
  if (types.input == kF32 && types.weight == kF32) return 1;
  if (types.input == kI8 && types.weight == kI8) return 2;
  return types.input == kF32 && types.weight == kI8 ? 4 : 0;
}

// f32 as `f32`, i8 as `i8`.
int by_type(TensorType type, int f32, int i8) {
  if (type == kF32) return f32;
  return type == kI8 ? i8 : 0;
}

}  // namespace

int lowest_version(Code code, const OpTypes& types, const OptionsUnion& options) {
  switch (code) {
    case Code::Conv2D:
      return convolution_version(types, false);
    case Code::DepthwiseConv2D:
      return convolution_version(types, true);
    case Code::FullyConnected:
      return fully_connected_version(types, options);
    case Code::BatchMatMul:
      return matmul_version(types);
    case Code::ResizeBilinear: {
      const auto* resize = options.AsResizeBilinearOptions();
      if (resize != nullptr && resize->half_pixel_centers) return by_type(types.input, 3, 3);
      return by_type(types.input, 1, 2);
    }
    case Code::Dequantize:
      if (types.input == TensorType::Float16) return 3;
      if (types.input == TensorType::UInt8) return 1;
      return types.input == kI8 ? 2 : 0;
    case Code::BroadcastTo:
      return by_type(types.input, 2, 3);
    case Code::Reshape:
    case Code::Quantize:
      return 1;
    default:
      return by_type(types.input, 1, 2);
  }
}

}  // namespace vseal::formats::tflite
