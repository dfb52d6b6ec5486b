// Marker and Reader with models of one and three channels, and Marker's options.
#include <gtest/gtest.h>

#include <cstdint>

#include "image/blend.h"
#include "watermark/marker.h"
#include "watermark/reader.h"
#include "watermark/toy_model.h"

namespace vseal::watermark {
namespace {

using test::kToyBits;
using test::toy_model;

constexpr int kSide = 96;
const std::vector<float> kMessage = {1, -1, -1, 1, 1, 1, -1, 1};

std::shared_ptr<const Networks> compile(const models::Model& model) {
  auto networks = Networks::compile(model);
  EXPECT_TRUE(networks.ok()) << networks.status().message();
  return *networks;
}

std::unique_ptr<Marker> make_marker(const models::Model& model, const MarkerOptions& options) {
  auto marker = Marker::create(compile(model), &test::pool(), options);
  EXPECT_TRUE(marker.ok()) << marker.status().message();
  EXPECT_TRUE((*marker)->set_message(kMessage).ok());
  return std::move(*marker);
}

// A frame of three equal-sized planes with a slope from left to right.
struct Frame {
  explicit Frame(ColorModel model) : samples(3 * kSide * kSide) {
    view.model = model;
    view.plane_count = model == ColorModel::kGrey ? 1 : 3;
    for (size_t c = 0; c < 3; ++c) {
      view.planes[c] = {samples.data() + c * kSide * kSide, kSide, kSide, kSide};
    }
    for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<uint8_t>(80 + i % kSide);
  }
  std::vector<uint8_t> samples;
  FrameView view;
};

int wrong_bits(const models::Model& model, const FrameView& frame) {
  auto reader = Reader::create(compile(model), &test::pool());
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE((*reader)->add(frame).ok());
  int wrong = 0;
  for (size_t i = 0; i < kMessage.size(); ++i) wrong += (*reader)->logits()[i] * kMessage[i] <= 0;
  return wrong;
}

class Channels : public testing::TestWithParam<std::tuple<int, int, ColorModel, bool>> {};

// Every pairing of luma and RGB networks, with and without feedback, marks and reads every model of
// colour.
TEST_P(Channels, BitsComeBack) {
  const auto [embedder, detector, colour, feedback] = GetParam();
  models::Model model = toy_model(embedder, detector);
  model.card.real_valued_message = feedback;
  Frame frame(colour);
  EXPECT_GT(wrong_bits(model, frame.view), 0);
  const auto marker = make_marker(model, {});
  ASSERT_TRUE(marker->look(frame.view).ok());
  EXPECT_EQ(marker->last_look().residual.size(), size_t{16} * 16 * embedder);
  ASSERT_TRUE(marker->blend(frame.view).ok());
  EXPECT_EQ(wrong_bits(model, frame.view), 0);
}

INSTANTIATE_TEST_SUITE_P(All, Channels,
                         testing::Combine(testing::Values(1, 3), testing::Values(1, 3),
                                          testing::Values(ColorModel::kGrey, ColorModel::kRgb,
                                                          ColorModel::kYCbCr),
                                          testing::Bool()));

// The residual is the embedder's formula on what it saw: a luma model sees luma, an RGB one
// colours.
TEST(MarkerChannels, TheEmbedderSeesItsChannels) {
  for (const int channels : {1, 3}) {
    Frame frame(ColorModel::kRgb);
    for (size_t i = 0; i < frame.samples.size(); ++i) {
      frame.samples[i] = i < kSide * kSide ? 255 : 0;  // red
    }
    const auto marker = make_marker(toy_model(channels, 3), {});
    ASSERT_TRUE(marker->look(frame.view).ok());
    const std::vector<float>& residual = marker->last_look().residual;
    double mean[3] = {0, 0, 0};
    for (size_t i = 0; i < residual.size(); ++i) mean[i % channels] += residual[i] / 256;
    // Patterns have no mean.
    EXPECT_NEAR(mean[0], 0.2 * ((channels == 1 ? 0.299 : 1.0) - 0.5), 1e-4);
    if (channels == 3) {
      EXPECT_NEAR(mean[2], 0.2 * (0.0 - 0.5), 1e-4);
    }
  }
}

TEST(MarkerChannels, ScalingReplacesTheCardsStrength) {
  Frame frame(ColorModel::kGrey);
  MarkerOptions options;
  options.strength = 3.0f;
  const auto multiple = make_marker(toy_model(1, 1), options);
  ASSERT_TRUE(multiple->look(frame.view).ok());
  EXPECT_FLOAT_EQ(multiple->last_look().strength, 3.0f);
  options.scaling_w = 0.25f;
  const auto absolute = make_marker(toy_model(1, 1), options);
  ASSERT_TRUE(absolute->look(frame.view).ok());
  EXPECT_FLOAT_EQ(absolute->last_look().strength, 0.25f);
  for (const float wrong : {0.0f, -1.0f, 101.0f, std::nanf("")}) {
    options.scaling_w = wrong;
    EXPECT_EQ(Marker::create(compile(toy_model(1, 1)), &test::pool(), options).status().code(),
              Code::kInvalidArgument);
  }
}

// Each attenuation of the marker is image::blend's of the same name.
TEST(MarkerChannels, AttenuationIsTheCardsAtTheOptionsResolution) {
  using image::Attenuation;
  const std::pair<models::Attenuation, JndResolution> asked[] = {
      {models::Attenuation::kNone, JndResolution::kLow},
      {models::Attenuation::kJnd, JndResolution::kNative},
      {models::Attenuation::kJnd, JndResolution::kLow}};
  const Attenuation expected[] = {Attenuation::kNone, Attenuation::kNative, Attenuation::kLow};
  for (size_t i = 0; i < 3; ++i) {
    models::Model model = toy_model(3, 3);
    model.card.attenuation = asked[i].first;
    MarkerOptions options;
    options.strength = 5.0f;
    options.jnd = asked[i].second;
    Frame got(ColorModel::kRgb), by_hand(ColorModel::kRgb);
    const auto marker = make_marker(model, options);
    ASSERT_TRUE(marker->look(got.view).ok());
    ASSERT_TRUE(marker->blend(got.view).ok());
    const image::BlendOptions blending{.strength = 5.0f, .attenuation = expected[i]};
    ASSERT_TRUE(
        image::blend(by_hand.view, {marker->last_look().residual, 16, 3}, blending, nullptr).ok());
    EXPECT_EQ(got.samples, by_hand.samples) << i;
    EXPECT_NE(got.samples, Frame(ColorModel::kRgb).samples) << i;
  }
}

TEST(NetworksContract, InputsAreHeldToTheCard) {
  const auto code = [](const models::Model& model) {
    return Networks::compile(model).status().code();
  };
  EXPECT_EQ(code(toy_model(3, 1)), Code::kOk);
  models::Model model = toy_model(3, 1);
  model.card.embedder_channels = 1;
  EXPECT_EQ(code(model), Code::kInternal);
  model = toy_model(3, 1);
  model.card.detector_channels = 2;
  EXPECT_EQ(code(model), Code::kInternal);
  model = toy_model(1, 1);
  model.card.bits = kToyBits + 1;
  EXPECT_EQ(code(model), Code::kInternal);
  model = toy_model(1, 1);
  std::swap(model.embedder, model.detector);
  EXPECT_EQ(code(model), Code::kInternal);
}

}  // namespace
}  // namespace vseal::watermark
