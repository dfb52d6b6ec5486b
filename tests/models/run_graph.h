// Running networks in tests, and what they are compared with.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/half.h"
#include "base/thread_pool.h"
#include "engine/session.h"
#include "formats/safetensors.h"

namespace vseal::models {

using Values = std::vector<float>;

// Any stored numbers as floats; U16 and U8 as they are, unscaled.
inline Values values_of(const formats::Safetensors& file, const std::string& name) {
  const formats::StoredTensor* tensor = file.find(name);
  if (tensor == nullptr) {
    ADD_FAILURE() << name << " is missing";
    return {};
  }
  const size_t count = static_cast<size_t>(tensor->shape.elements());
  Values values(count);
  for (size_t i = 0; i < count; ++i) {
    uint16_t half = 0;
    if (tensor->type == "F32") std::memcpy(&values[i], tensor->bytes.data() + 4 * i, 4);
    if (tensor->type == "U8") values[i] = static_cast<float>(tensor->bytes[i]);
    if (tensor->type != "F16" && tensor->type != "U16") continue;
    std::memcpy(&half, tensor->bytes.data() + 2 * i, 2);
    values[i] = tensor->type == "F16" ? half_to_float(half) : static_cast<float>(half);
  }
  return values;
}

enum class Executor { kNaive, kPlanned };

inline std::vector<Values> run_planned(const graph::Graph& graph,
                                       const std::vector<std::span<const float>>& inputs) {
  const auto plan = engine::Plan::create(graph);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  if (!plan.ok()) return {};
  ThreadPool pool(2);
  const auto session = engine::Session::create(*plan, &pool);
  EXPECT_TRUE(session.ok()) << session.status().message();
  if (!session.ok()) return {};
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::copy(inputs[i].begin(), inputs[i].end(), (*session)->input(static_cast<int>(i)).begin());
  }
  EXPECT_TRUE((*session)->run().ok());
  std::vector<Values> outputs;
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const std::span<const float> output = (*session)->output(static_cast<int>(i));
    outputs.emplace_back(output.begin(), output.end());
  }
  return outputs;
}

// The graph's output, and after it the tensor `extra` when there is one of that name.
inline std::vector<Values> run(Executor executor, graph::Graph graph,
                               const std::vector<std::span<const float>>& inputs,
                               const std::string& extra = "") {
  const graph::TensorId id = graph.find(extra);
  if (id != graph::kNoTensor) {
    EXPECT_TRUE(graph.add_output(id).ok());
  }
  std::vector<Values> outputs;
  if (executor == Executor::kPlanned) {
    outputs = run_planned(graph, inputs);
  } else if (auto naive = engine::run_naive(graph, inputs); naive.ok()) {
    outputs = *std::move(naive);
  } else {
    ADD_FAILURE() << naive.status().message();
  }
  outputs.resize(2);
  return outputs;
}

struct Difference {
  double max = 0;
  double rms = 0;
};

inline Difference difference(const Values& got, const Values& want) {
  Difference d;
  EXPECT_EQ(got.size(), want.size());
  if (got.size() != want.size()) return d;
  for (size_t i = 0; i < got.size(); ++i) {
    const double error = double{got[i]} - want[i];
    d.max = std::max(d.max, std::abs(error));
    d.rms += error * error / static_cast<double>(got.size());
  }
  d.rms = std::sqrt(d.rms);
  return d;
}

inline double largest(const Values& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

// A folder of the large test data, or nothing: then the test is skipped.
inline std::string data_folder(const std::string& folder) {
  const char* root = std::getenv("VSEAL_DATA");
  return root == nullptr ? "" : std::string(root) + "/" + folder + "/";
}
#define SKIP_WITHOUT_DATA() \
  if (data_folder("").empty()) GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set"

}  // namespace vseal::models
