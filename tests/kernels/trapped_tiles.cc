#if defined(__x86_64__)

#include "kernels/trapped_tiles.h"

#include <ucontext.h>

#include <cstdint>
#include <cstring>

#include "kernels/tile_registers.h"

namespace vseal::kernels {
namespace {

// Registers in the order of their numbers in instructions.
constexpr int kRegisters[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                REG_R12, REG_R13, REG_R14, REG_R15};

// The fields of an instruction with a prefix of three bytes and opcode map 0F38, as all of AMX's
// are: C4, then inverted R, X, B and the map; W, inverted vvvv, L, pp; opcode; ModRM; SIB; offset.
struct Instruction {
  int prefix = 0;  // pp: 0 none, 1 66, 2 F3, 3 F2
  int opcode = 0;
  int mod = 0, reg = 0, rm = 0, vvvv = 0;
  uint64_t base = 0, index = 0;  // of the memory operand; index is scaled
  int64_t length = 0;
};

int64_t offset_at(const uint8_t* code, int mod) {
  if (mod == 1) return static_cast<int8_t>(*code);
  int32_t offset = 0;
  if (mod == 2) std::memcpy(&offset, code, 4);
  return offset;
}

// False for what is no such instruction, and for memory operands without a base register.
bool decode(const uint8_t* code, const greg_t* registers, Instruction& i) {
  constexpr int kMap0F38 = 2, kSib = 4, kNoBase = 5;
  if (code[0] != 0xC4 || (code[1] & 0x1F) != kMap0F38) return false;
  const int x = ~code[1] >> 6 & 1, b = ~code[1] >> 5 & 1;
  i.prefix = code[2] & 3;
  i.vvvv = ~code[2] >> 3 & 15;
  i.opcode = code[3];
  i.mod = code[4] >> 6;
  i.reg = code[4] >> 3 & 7;
  i.rm = code[4] & 7;
  i.length = 5;
  if (i.mod == 3) return true;
  const auto value = [registers](int number) {
    return static_cast<uint64_t>(registers[kRegisters[number]]);
  };
  int base = i.rm;
  if (i.rm == kSib) {
    const uint8_t sib = code[i.length++];
    base = sib & 7;
    const int index = (sib >> 3 & 7) + 8 * x;
    if (index != kSib) i.index = value(index) << (sib >> 6);
  }
  if (i.mod == 0 && base == kNoBase) return false;
  i.base = value(base + 8 * b) + static_cast<uint64_t>(offset_at(code + i.length, i.mod));
  i.length += i.mod == 1 ? 1 : i.mod == 2 ? 4 : 0;
  return true;
}

bool execute(const Instruction& i, TileModel& tiles) {
  enum Prefix { kNone = 0, kF3 = 2, kF2 = 3 };
  auto* memory = reinterpret_cast<void*>(i.base);
  const auto step = static_cast<int64_t>(i.index);
  if (i.opcode == 0x49 && i.prefix == kNone && i.mod != 3) {
    tiles.shape(*static_cast<const AmxShapes*>(memory));
  } else if (i.opcode == 0x49 && i.prefix == kNone && i.reg == 0 && i.rm == 0) {
    tiles.release();
  } else if (i.opcode == 0x49 && i.prefix == kF2 && i.mod == 3) {
    tiles.zero(i.reg);
  } else if (i.opcode == 0x4B && i.prefix == kF2 && i.rm == 4) {
    tiles.load(i.reg, memory, step);
  } else if (i.opcode == 0x4B && i.prefix == kF3 && i.rm == 4) {
    tiles.store(i.reg, memory, step);
  } else if (i.opcode == 0x5E && i.prefix == kF2 && i.mod == 3) {
    tiles.dot(i.reg, i.rm, i.vvvv);
  } else {
    return false;
  }
  return true;
}

void on_unknown_instruction(int, siginfo_t*, void* context) {
  thread_local TileModel tiles;
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  Instruction instruction;
  if (decode(reinterpret_cast<const uint8_t*>(registers[REG_RIP]), registers, instruction) &&
      execute(instruction, tiles)) {
    registers[REG_RIP] += instruction.length;
    return;
  }
  std::signal(SIGILL, SIG_DFL);  // it comes again
}

}  // namespace

TrappedTiles::TrappedTiles() {
  struct sigaction action = {};
  action.sa_sigaction = on_unknown_instruction;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGILL, &action, &before_);
}

TrappedTiles::~TrappedTiles() { sigaction(SIGILL, &before_, nullptr); }

}  // namespace vseal::kernels

#endif  // __x86_64__
