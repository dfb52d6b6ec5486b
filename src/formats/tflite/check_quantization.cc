// The rules of the 8-bit quantisation specification that runtimes trust a file to keep.
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "formats/tflite/checked_model.h"

namespace vseal::formats::tflite {
namespace {

constexpr TensorType kI8 = TensorType::Int8;
constexpr int64_t kLeastI8 = -128;

std::string text(const SeenTensor& tensor) {
  if (tensor.scale.size() != 1) return fmt::format("{} scales", tensor.scale.size());
  return fmt::format("scale {}, zero point {}", tensor.scale[0], tensor.zero_point[0]);
}

// One scale, and a zero point that the type holds.
Status check_activation(const SeenOp& op, const SeenTensor& tensor) {
  if (tensor.scale.size() == 1 && tensor.zero_point[0] >= -128 && tensor.zero_point[0] <= 127) {
    return {};
  }
  return op.fault("i8 " + tensor.name, "one scale and a zero point in -128..127", text(tensor));
}

// Ops that copy or choose values: what comes in is what goes out.
bool keeps_scale(Code code) {
  switch (code) {
    case Code::Concatenation:
    case Code::Reshape:
    case Code::Transpose:
    case Code::Slice:
    case Code::Gather:
    case Code::Pad:
    case Code::ResizeBilinear:
    case Code::SpaceToDepth:
    case Code::DepthToSpace:
    case Code::Maximum:
    case Code::Minimum:
    case Code::BroadcastTo:
      return true;
    default:
      return false;
  }
}

Status check_kept_scale(const SeenOp& op) {
  for (const SeenTensor* input : op.inputs) {
    if (input->type != kI8 || input->same_scale(*op.output)) continue;
    return op.fault("i8 " + input->name, text(*op.output) + " as of the output", text(*input));
  }
  return {};
}

Status check_fixed_output(const SeenOp& op) {
  const float scale = op.code == Code::Tanh ? 1.0f / 128 : 1.0f / 256;
  const int64_t zero = op.code == Code::Tanh ? 0 : kLeastI8;
  if (op.output->scale[0] == scale && op.output->zero_point[0] == zero) return {};
  return op.fault("output", fmt::format("scale {}, zero point {}", scale, zero), text(*op.output));
}

// Symmetric, -127..127, one scale or one for each output channel.
Status check_weight(const SeenOp& op) {
  const SeenTensor& weight = op.x(1);
  const int axis = op.code == Code::DepthwiseConv2D ? 3 : 0;
  if (weight.scale.empty() || (weight.scale.size() > 1 && weight.axis != axis)) {
    return op.fault("weight", fmt::format("scales along axis {}", axis), text(weight));
  }
  for (const int64_t zero : weight.zero_point) {
    if (zero != 0) return op.fault("weight", "zero points of 0", fmt::to_string(zero));
  }
  for (const std::byte value : weight.data) {
    if (static_cast<int8_t>(value) == kLeastI8) return op.fault("weight", "-127..127", "-128");
  }
  return {};
}

class Accumulator {
 public:
  explicit Accumulator(const SeenOp& op) : op_(op), weight_(op.x(1)), bias_(op.inputs[2]) {}

  // Bias in units of input scale times weight scale; no sum of products that leaves 32 bits.
  Status check() const {
    if (bias_ == nullptr) return {};
    if (bias_->type != TensorType::Int32 || !bias_->constant) {
      return op_.fault("bias", "constant i32", EnumNameTensorType(bias_->type));
    }
    const std::vector<int64_t> values = bias_->integers();
    const size_t channels = values.size();
    if (bias_->scale.size() != weight_.scale.size()) {
      return op_.fault("bias", fmt::format("{} scales", weight_.scale.size()),
                       fmt::to_string(bias_->scale.size()));
    }
    for (size_t i = 0; i < bias_->scale.size(); ++i) {
      const double expected = double{op_.x(0).scale[0]} * weight_.scale[i];
      const bool close = std::abs(bias_->scale[i] - expected) <= 1e-5 * expected;
      if (close && bias_->zero_point[i] == 0) continue;
      return op_.fault(
          "bias", fmt::format("scale {}, zero point 0", expected),
          fmt::format("scale {}, zero point {}", bias_->scale[i], bias_->zero_point[i]));
    }
    const std::vector<int64_t> sums = absolute_sums(channels);
    const int64_t zero = op_.x(0).zero_point[0];
    const int64_t most = std::max(127 - zero, zero + 128);
    for (size_t c = 0; c < channels; ++c) {
      const int64_t reach = sums[c] * most + std::abs(values[c]);
      if (reach > INT32_MAX) {
        return op_.fault(fmt::format("accumulator of channel {}", c), "at most 2^31 - 1",
                         fmt::to_string(reach));
      }
    }
    return {};
  }

 private:
  // Of the weights that each output channel sums over.
  std::vector<int64_t> absolute_sums(size_t channels) const {
    std::vector<int64_t> sums(channels, 0);
    const bool depthwise = op_.code == Code::DepthwiseConv2D;
    const size_t row = weight_.data.size() / channels;
    for (size_t i = 0; i < weight_.data.size(); ++i) {
      const auto value = static_cast<int8_t>(weight_.data[i]);
      sums[depthwise ? i % channels : i / row] += std::abs(int64_t{value});
    }
    return sums;
  }

  const SeenOp& op_;
  const SeenTensor& weight_;
  const SeenTensor* bias_;
};

bool is_weighted(Code code) {
  return code == Code::Conv2D || code == Code::DepthwiseConv2D || code == Code::FullyConnected;
}

}  // namespace

Status check_quantization(const SeenOp& op) {
  const bool weighted = is_weighted(op.code);
  if (weighted && op.x(1).type == kI8) VSEAL_RETURN_IF_ERROR(check_weight(op));
  if (op.x(0).type == kI8) VSEAL_RETURN_IF_ERROR(check_activation(op, op.x(0)));
  if (op.output->type != kI8) return {};
  VSEAL_RETURN_IF_ERROR(check_activation(op, *op.output));
  if (op.code == Code::Quantize) return {};
  if (weighted) return op.inputs.size() < 3 ? Status() : Accumulator(op).check();
  for (const SeenTensor* input : op.inputs) {
    if (input->type == kI8) VSEAL_RETURN_IF_ERROR(check_activation(op, *input));
  }
  if (keeps_scale(op.code)) VSEAL_RETURN_IF_ERROR(check_kept_scale(op));
  if (op.code == Code::Tanh || op.code == Code::Logistic || op.code == Code::Softmax) {
    VSEAL_RETURN_IF_ERROR(check_fixed_output(op));
  }
  if ((op.code == Code::Sqrt || op.code == Code::Rsqrt) && op.x(0).zero_point[0] != kLeastI8) {
    return op.fault("input", "no negative values: zero point -128", text(op.x(0)));
  }
  return {};
}

}  // namespace vseal::formats::tflite
