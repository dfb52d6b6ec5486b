// Models small enough to know by heart, of any number of channels.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "base/thread_pool.h"
#include "models/model.h"

namespace vseal::watermark::test {

inline constexpr int kToySide = 16;
inline constexpr int kToyBits = 8;
inline constexpr float kToyPatternGain = 0.1f;
inline constexpr float kToyPictureGain = 0.2f;

// Pattern of bit k at (x, y): a standing wave, zero in the mean and orthogonal to the others'.
inline float toy_pattern(int k, int x, int y) {
  const auto wave = [](int frequency, int at) {
    return std::cos(std::numbers::pi * frequency * (at + 0.5) / kToySide);
  };
  return static_cast<float>(wave(1 + k % 4, x) * wave(1 + k / 4, y));
}

// Weights [side * side * channels, bits] of the patterns, or transposed.
inline std::vector<float> toy_weights(int channels, float gain, bool transposed) {
  const int cells = kToySide * kToySide * channels;
  std::vector<float> weights(static_cast<size_t>(cells) * kToyBits);
  for (int i = 0; i < cells; ++i) {
    const int pixel = i / channels;
    for (int k = 0; k < kToyBits; ++k) {
      const int at = transposed ? k * cells + i : i * kToyBits + k;
      weights[static_cast<size_t>(at)] = gain * toy_pattern(k, pixel % kToySide, pixel / kToySide);
    }
  }
  return weights;
}

// Sessions want one.
inline ThreadPool& pool() {
  static ThreadPool threads(2);
  return threads;
}

inline const char* toy_input(int channels) { return channels == 3 ? "rgb" : "luma"; }

// residual = kToyPatternGain * sum of message[k] * pattern k + kToyPictureGain * (picture - 0.5),
// in every channel.
inline graph::Graph toy_embedder(int channels) {
  graph::Graph g;
  const graph::Shape square{1, kToySide, kToySide, channels};
  const auto picture = g.add_input(toy_input(channels), square);
  const auto message = g.add_input("message", {1, kToyBits});
  const auto weights = toy_weights(channels, kToyPatternGain, false);
  const auto w = g.add_constant("patterns", {square.elements(), kToyBits}, weights);
  const auto sum = g.add_op("sum", graph::Linear{}, {message, *w});
  const auto map = g.add_op("map", graph::Reshape{square}, {*sum});
  const auto seen =
      g.add_op("seen", graph::Affine{kToyPictureGain, -0.5f * kToyPictureGain}, {picture});
  const auto residual = g.add_op("residual", graph::Add{}, {*map, *seen});
  EXPECT_TRUE(g.add_output(*residual).ok());
  return g;
}

// logit k = sum over pixels and channels of picture * pattern k.
inline graph::Graph toy_detector(int channels) {
  graph::Graph g;
  const graph::Shape square{1, kToySide, kToySide, channels};
  const auto picture = g.add_input(toy_input(channels), square);
  const auto flat = g.add_op("flat", graph::Reshape{{1, square.elements()}}, {picture});
  const auto weights = toy_weights(channels, 1.0f, true);
  const auto w = g.add_constant("patterns", {kToyBits, square.elements()}, weights);
  const auto logits = g.add_op("logits", graph::Linear{}, {*flat, *w});
  EXPECT_TRUE(g.add_output(*logits).ok());
  return g;
}

inline models::Model toy_model(int embedder_channels, int detector_channels) {
  models::Card card;
  card.name = "toy";
  card.bits = kToyBits;
  card.processing_size = kToySide;
  card.step = 4;
  card.strength = 1.0f;
  card.embedder_channels = embedder_channels;
  card.detector_channels = detector_channels;
  card.attenuation = models::Attenuation::kNone;
  return {card, toy_embedder(embedder_channels), toy_detector(detector_channels)};
}

}  // namespace vseal::watermark::test
