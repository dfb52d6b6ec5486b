// What stands behind the opaque types of vseal.h.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/thread_pool.h"
#include "payload/codec.h"
#include "pipeline/read.h"
#include "pipeline/source.h"
#include "vseal/vseal.h"
#include "watermark/marker.h"
#include "watermark/networks.h"
#include "watermark/reader.h"

struct vseal_context {
  explicit vseal_context(int threads) : pool(threads) {}

  mutable vseal::ThreadPool pool;
  std::string model;  // as it was asked for; empty: the one inside
  std::shared_ptr<const vseal::watermark::Networks> networks;
  std::shared_ptr<const vseal::payload::Codec> codec;  // null: too few bits for an ID

  int bits() const { return networks->card().bits; }
  vseal::pipeline::Tools tools() const { return {networks, codec, &pool}; }
};

struct vseal_report {
  std::string json;
};

struct vseal_marker {
  std::unique_ptr<vseal::watermark::Marker> marker;
};

struct vseal_reader {
  const vseal_context* context;
  std::unique_ptr<vseal::watermark::Reader> reader;
  std::optional<vseal::pipeline::RawRequest> raw;
  int looks = 0;
};
