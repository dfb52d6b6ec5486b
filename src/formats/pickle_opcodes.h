// Opcodes of Python's pickle by their bytes, named as in Python's pickletools.
#pragma once

#include <cstdint>
#include <string>

namespace vseal::formats {

// Those that state dicts are made of.
namespace opcode {
inline constexpr uint8_t kMark = '(', kStop = '.', kBinInt = 'J', kBinInt1 = 'K', kBinInt2 = 'M',
                         kNone = 'N', kBinPersId = 'Q', kReduce = 'R', kBinUnicode = 'X',
                         kShortBinString = 'U', kAppend = 'a', kBuild = 'b', kGlobal = 'c',
                         kEmptyDict = '}', kAppends = 'e', kBinGet = 'h', kLongBinGet = 'j',
                         kEmptyList = ']', kBinPut = 'q', kLongBinPut = 'r', kSetItem = 's',
                         kTuple = 't', kEmptyTuple = ')', kSetItems = 'u', kBinFloat = 'G',
                         kProto = 0x80, kNewObj = 0x81, kTuple1 = 0x85, kTuple2 = 0x86,
                         kTuple3 = 0x87, kNewTrue = 0x88, kNewFalse = 0x89, kLong1 = 0x8a,
                         kEmptySet = 0x8f;
}  // namespace opcode

// "GLOBAL" and so on, also of opcodes that are refused; "0xff" for a byte that is none.
std::string opcode_name(uint8_t code);

}  // namespace vseal::formats
