// The planned run against the naive one, on random networks over every op.
#include "engine/session.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/random_graph.h"

namespace vseal::engine {
namespace {

using test::RandomGraph;

// Largest difference relative to the largest reference value (at least 1).
double distance(std::span<const float> got, std::span<const float> expected) {
  double worst = 0, range = 1;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(got[i])) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, std::abs(double{got[i]} - expected[i]));
    range = std::max(range, std::abs(double{expected[i]}));
  }
  return worst / range;
}

std::unique_ptr<Session> open(const graph::Graph& graph, ThreadPool& pool, bool fuse = true) {
  auto plan = Plan::create(graph, {fuse});
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  auto session = Session::create(*plan, &pool);
  EXPECT_TRUE(session.ok()) << session.status().message();
  return std::move(*session);
}

TEST(Session, PlannedMeetsNaiveOnRandomNetworks) {
  ThreadPool pool(2);
  for (unsigned seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed);
    const auto a = random.values(random.graph.tensor(random.graph.inputs()[0]).shape);
    const auto message = random.values(graph::Shape{1, 8});
    const auto expected = run_naive(random.graph, {a, message});
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    for (const bool fuse : {false, true}) {
      const auto session = open(random.graph, pool, fuse);
      for (int repeat = 0; repeat < 2; ++repeat) {
        std::ranges::copy(a, session->input(0).begin());
        std::ranges::copy(message, session->input(1).begin());
        ASSERT_TRUE(session->run().ok());
        for (int o = 0; o < 2; ++o) {
          EXPECT_LT(distance(session->output(o), (*expected)[static_cast<size_t>(o)]), 2e-4);
        }
      }
    }
  }
}

// A run after one input changed must give what a run from scratch gives.
TEST(Session, ChangingOneInputRecomputesWhatItReaches) {
  ThreadPool pool(1);
  for (unsigned seed = 200; seed < 240; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed);
    const graph::Shape shape = random.graph.tensor(random.graph.inputs()[0]).shape;
    const auto session = open(random.graph, pool);
    std::vector<float> a = random.values(shape), message = random.values(graph::Shape{1, 8});
    std::ranges::copy(a, session->input(0).begin());
    std::ranges::copy(message, session->input(1).begin());
    ASSERT_TRUE(session->run().ok());
    for (int round = 0; round < 4; ++round) {
      if (round % 2 == 0) {
        a = random.values(shape);
        std::ranges::copy(a, session->input(0).begin());
      } else {
        message = random.values(graph::Shape{1, 8});
        std::ranges::copy(message, session->input(1).begin());
      }
      ASSERT_TRUE(session->run().ok());
      const auto fresh = open(random.graph, pool);
      std::ranges::copy(a, fresh->input(0).begin());
      std::ranges::copy(message, fresh->input(1).begin());
      ASSERT_TRUE(fresh->run().ok());
      EXPECT_TRUE(std::ranges::equal(session->output(0), fresh->output(0))) << "round " << round;
    }
  }
}

TEST(Session, UnchangedInputsCostNothing) {
  ThreadPool pool(1);
  RandomGraph random(7);
  const auto session = open(random.graph, pool);
  const auto first = session->run_profiled();
  ASSERT_TRUE(first.ok());
  EXPECT_GT(first->size(), 5u);
  EXPECT_TRUE(session->run_profiled()->empty());
  session->input(1);
  const auto message_only = session->run_profiled();
  EXPECT_GT(message_only->size(), 0u);
  EXPECT_LT(message_only->size(), first->size());
}

TEST(Session, SameBitsForAnyNumberOfThreads) {
  for (unsigned seed = 300; seed < 320; ++seed) {
    RandomGraph random(seed);
    const auto a = random.values(random.graph.tensor(random.graph.inputs()[0]).shape);
    std::vector<float> first;
    for (const int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      const auto session = open(random.graph, pool);
      std::ranges::copy(a, session->input(0).begin());
      ASSERT_TRUE(session->run().ok());
      const auto out = session->output(0);
      if (first.empty()) first.assign(out.begin(), out.end());
      EXPECT_TRUE(std::ranges::equal(out, first)) << threads << " threads, seed " << seed;
    }
  }
}

TEST(Session, SessionsOfOnePlanDoNotDisturbEachOther) {
  ThreadPool pool(1);
  RandomGraph random(11);
  auto plan = Plan::create(random.graph);
  ASSERT_TRUE(plan.ok());
  auto one = Session::create(*plan, &pool), two = Session::create(*plan, &pool);
  ASSERT_TRUE(one.ok() && two.ok());
  const auto a = random.values((*plan)->input_shapes()[0]);
  std::ranges::copy(a, (*one)->input(0).begin());
  ASSERT_TRUE((*one)->run().ok());
  const std::vector<float> before((*one)->output(0).begin(), (*one)->output(0).end());
  ASSERT_TRUE((*two)->run().ok());
  EXPECT_TRUE(std::ranges::equal((*one)->output(0), before));
  EXPECT_FALSE(std::ranges::equal((*two)->output(0), before));
}

TEST(Session, RunAllocatesNothing) {
  ThreadPool pool(1);
  graph::Graph graph;
  const auto x = graph.add_input("x", graph::Shape{1, 16, 16, 8});
  const std::vector<float> weights(16 * 9 * 8, 0.01f);
  const auto w = graph.add_constant("w", graph::Shape{16, 3, 3, 8}, weights);
  graph::Conv2d conv;
  conv.pad = 1;
  const auto y = graph.add_op("conv", conv, {x, *w});
  const auto z = graph.add_op("relu", graph::Activate{graph::Activation::kRelu}, {*y});
  ASSERT_TRUE(graph.add_output(*z).ok());
  const auto session = open(graph, pool);
  ASSERT_TRUE(session->run().ok());
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 10; ++i) {
    session->input(0)[0] = static_cast<float>(i);
    ASSERT_TRUE(session->run().ok());
  }
  EXPECT_EQ(mallinfo2().uordblks, before);
}

TEST(Session, RefusesNothingToRunOn) {
  EXPECT_EQ(Session::create(nullptr, nullptr).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal::engine
