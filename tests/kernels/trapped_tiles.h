// Runs the instructions of tile registers on processors without them.
#pragma once

#if defined(__x86_64__)

#include <csignal>

namespace vseal::kernels {

// While one lives, an instruction of AMX that the processor does not know is carried out by the
// model of tile_registers.h, one for each thread. Others end the process as ever.
class TrappedTiles {
 public:
  TrappedTiles();
  TrappedTiles(const TrappedTiles&) = delete;
  TrappedTiles& operator=(const TrappedTiles&) = delete;
  ~TrappedTiles();

 private:
  struct sigaction before_ = {};
};

}  // namespace vseal::kernels

#endif  // __x86_64__
