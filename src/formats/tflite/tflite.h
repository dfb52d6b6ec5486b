// .tflite files: written from a graph, and checked for what runtimes do not check.
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "formats/network_file.h"

namespace vseal::formats {

// Writes `graph` (f32, batch 1) as a .tflite file that appears whole or not at all, after
// check_tflite has passed it. Inputs and outputs keep their names, in the signature
// "serving_default", and their order and shapes [n,h,w,c]. Ops have the lowest version that will
// do, and none of them is one that phones' fast kernels leave to slow ones: see docs/phones.md.
// From 2 GB on weights lie behind the flatbuffer, one in memory at a time; below, all are.
Result<NetworkFileReport> write_tflite(const graph::Graph& graph, const std::string& path,
                                       const NetworkFileOptions& options);

// Whether a runtime would compute what the file says. kCorruptInput "[tflite op N CODE] what:
// expected ..., got ..." for: bytes that are no TFLite model; indices, types, shapes and sizes that
// do not fit together; values that are read before they are written; shapes that do not meet where
// an op spreads them (BROADCAST_TO and the elementwise ops); op versions below the lowest that may
// say it; i8 ops whose scales and zero points break the rules of the quantisation specification
// (equal ones in and out, zero points of weights and biases, scales of biases, fixed outputs), or
// whose accumulator may leave 32 bits. kUnsupported for an op outside of what vseal writes.
Status check_tflite(std::span<const std::byte> file);

}  // namespace vseal::formats
