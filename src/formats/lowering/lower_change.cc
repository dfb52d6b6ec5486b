// The heat map of just noticeable differences and the picture's gain, in ops that phones have.
#include <cmath>

#include "formats/lowering/lower.h"
#include "formats/lowering/stored.h"

namespace vseal::formats {
namespace {

using graph::Shape;
using graph::Tensor;
using Id = Target::Id;
using Binary = Target::Binary;
using Unary = Target::Unary;

class Change {
 public:
  Change(Target& target, const ChangeSettings& settings) : target_(target), s_(settings) {}

  // Heat of every pixel, [1,s,s,1].
  Id heatmap(Id picture) const {
    const Id luma = scaled_luma(picture);
    const Id light = luminance_part(luma);
    const Id edge = contrast_part(luma);
    const Id sum = add("jnd.sum", light, edge);
    const Id less = target_.binary("jnd.less", Binary::kMin, light, edge);
    const Id overlap = mul("jnd.overlap", less, number("jnd.share", 0.3f));
    const Id heat = target_.binary("jnd.difference", Binary::kSub, sum, overlap);
    const Id positive = target_.unary("jnd.positive", Unary::kRelu, heat);
    return mul("jnd.heat", positive, number("jnd.unit", 1.0f / 255));
  }

  // Times clamp((reference / rms(heat))^exponent, 0.6, 2).
  Id with_gain(Id change, Id heat) const {
    const Id squares = mul("gain.squares", heat, heat);
    const Id mean = target_.reduce("gain.mean", Target::Reduction::kMean, squares, {1, 2});
    // (reference^2 / mean)^(exponent / 2), of a mean that is not 0.
    const Id bounded =
        target_.binary("gain.bounded", Binary::kMax, mean, number("gain.least", 1e-12f));
    const float reference = s_.gain_reference * s_.gain_reference;
    const Id ratio =
        target_.binary("gain.ratio", Binary::kDiv, number("gain.reference", reference), bounded);
    const Id gain = power("gain.power", ratio, s_.gain_exponent / 2);
    const Id low = target_.binary("gain.low", Binary::kMax, gain, number("gain.floor", 0.6f));
    const Id high = target_.binary("gain.high", Binary::kMin, low, number("gain.ceiling", 2.0f));
    return mul("delta", change, high);
  }

  Id mul(const char* name, Id a, Id b) const { return target_.binary(name, Binary::kMul, a, b); }
  Id add(const char* name, Id a, Id b) const { return target_.binary(name, Binary::kAdd, a, b); }
  Id number(const char* name, float value) const { return target_.constant(name, {1}, {value}); }

 private:
  // base^exponent of positive numbers.
  Id power(const std::string& name, Id base, float exponent) const {
    const Id log = target_.unary(name + ".log", Unary::kLog, base);
    const Id times = target_.binary(name + ".times", Binary::kMul, log,
                                    target_.constant(name + ".exponent", {1}, {exponent}));
    return target_.unary(name, Unary::kExp, times);
  }

  // Luma in 0..255.
  Id scaled_luma(Id picture) const {
    if (target_.shape(picture)[3] == 1) {
      return mul("jnd.luma", picture, number("jnd.white", 255.0f));
    }
    const Tensor weights =
        f32_constant("jnd.luma.filter", {1, 1, 1, 3}, {0.299f * 255, 0.587f * 255, 0.114f * 255});
    return target_.conv2d("jnd.luma", picture, weights, nullptr, {}, false, true);
  }

  // low_gain (1 - sqrt(la/127 + 1e-5)) + low_offset up to la = 127, 3/128 (la - 127) + 3 above:
  // with d = max(la - 127, 0), ceil(min(d, 1)) is 1 above and 0 elsewhere.
  Id luminance_part(Id luma) const {
    std::vector<float> box = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 0,
                              2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1};
    for (float& value : box) value /= 32;
    const Tensor weights = f32_constant("jnd.box", {1, 5, 5, 1}, std::move(box));
    const Id la = target_.conv2d("jnd.la", luma, weights, nullptr, {.pad = 2}, false, true);
    const Id over =
        target_.unary("jnd.over", Unary::kRelu,
                      target_.binary("jnd.beyond", Binary::kSub, la, number("jnd.middle", 127.0f)));
    const Id most_one = target_.binary("jnd.most_one", Binary::kMin, over, number("jnd.one", 1.0f));
    const Id bright = target_.unary("jnd.bright", Unary::kCeil, most_one);
    const Id share = mul("jnd.share_of_middle", la, number("jnd.per_middle", 1.0f / 127));
    const Id root = target_.unary("jnd.root", Unary::kSqrt,
                                  add("jnd.above_zero", share, number("jnd.least", 1e-5f)));
    const Id fall = mul("jnd.fall", root, number("jnd.low_gain", -s_.low_gain));
    const Id dark = add("jnd.dark", fall, number("jnd.low_level", s_.low_gain + s_.low_offset));
    // dark + bright * (3/128 d + 3 - dark)
    const Id rise = mul("jnd.rise", over, number("jnd.slope", 3.0f / 128));
    const Id light = add("jnd.light", rise, number("jnd.step", 3.0f));
    const Id more = target_.binary("jnd.more", Binary::kSub, light, dark);
    return add("jnd.luminance", dark, mul("jnd.more_if_bright", bright, more));
  }

  // 0.117 * 16 * m^2.4 / (m^2 + 26^2), m the length of Sobel's gradient.
  Id contrast_part(Id luma) const {
    Id around = luma;
    if (s_.replicate_sobel_border) {
      const int64_t last = target_.shape(luma)[1] - 1;
      around = extend(target_, "jnd.rows", around, 1, {0}, {last});
      around = extend(target_, "jnd.columns", around, 2, {0}, {last});
    }
    const int pad = s_.replicate_sobel_border ? 0 : 1;
    const Tensor weights = f32_constant(
        "jnd.sobel", {2, 3, 3, 1}, {-1, 0, 1, -2, 0, 2, -1, 0, 1, -1, -2, -1, 0, 0, 0, 1, 2, 1});
    const Id slopes =
        target_.conv2d("jnd.slopes", around, weights, nullptr, {.pad = pad}, false, true);
    const Id squares = mul("jnd.squares", slopes, slopes);
    const Tensor both = f32_constant("jnd.both", {1, 1, 1, 2}, {1, 1});
    const Id square = target_.conv2d("jnd.square", squares, both, nullptr, {}, false, true);
    const Id bounded =
        target_.binary("jnd.square_bounded", Binary::kMax, square, number("jnd.tiny", 1e-12f));
    const Id top =
        mul("jnd.top", power("jnd.power", bounded, 1.2f), number("jnd.contrast", 0.117f * 16));
    const Id bottom = add("jnd.bottom", square, number("jnd.bias", 676.0f));
    return target_.binary("jnd.edge", Binary::kDiv, top, bottom);
  }

  Target& target_;
  const ChangeSettings& s_;
};

}  // namespace

Id lower_change(Target& target, const ChangeSettings& settings, Id picture, Id residual) {
  const Change change(target, settings);
  const Id strength = change.number("strength", settings.strength);
  if (!settings.heatmap) return change.mul("delta", residual, strength);
  const Id strong = change.mul("strong", residual, strength);
  const Id heat = change.heatmap(picture);
  if (settings.gain_exponent == 0.0f) return change.mul("delta", strong, heat);
  return change.with_gain(change.mul("attenuated", strong, heat), heat);
}

}  // namespace vseal::formats
