// Writes the smallest .tflite models that fail as published files of VideoSeal do, and beside each
// one that runs: FOLDER/broadcast-TYPE-wrong.tflite, ...-right.tflite, matmul-wrong.tflite, ...
#include <fstream>
#include <string>

#include "formats/tflite_builder.h"

namespace {

using namespace vseal::formats::tflite;  // NOLINT: a test program

bool save(const std::string& path, const HandMade& model) {
  std::ofstream file(path, std::ios::binary);
  file << model.bytes();
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const std::string folder = std::string(argv[1]) + "/";
  bool saved = true;
  for (const bool wrong : {false, true}) {
    const std::string end = wrong ? "-wrong.tflite" : "-right.tflite";
    saved = saved &&
            save(folder + "broadcast-f32" + end, broadcast_model(TensorType::Float32, wrong)) &&
            save(folder + "broadcast-i8" + end, broadcast_model(TensorType::Int8, wrong)) &&
            save(folder + "matmul" + end, matmul_model(wrong));
  }
  return saved ? 0 : 1;
}
