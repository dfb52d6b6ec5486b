// The format does not move: marks made today are read by every later version. The codewords come
// from format_reference.py, which does not share a line with our code.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "payload/codec.h"
#include "payload/testing.h"

namespace vseal::payload {
namespace {

std::vector<uint8_t> from_hex(const std::string& digits) {
  return parse(digits, Type::kHex).value().bytes;
}

Type type_named(const std::string& name) {
  for (const Type type : {Type::kInteger, Type::kHex, Type::kUuid}) {
    if (name == type_name(type)) return type;
  }
  return Type::kText;
}

TEST(Format, CommittedCodewordsAreWrittenAndRead) {
  std::ifstream file(VSEAL_SOURCE_DIR "/tests/data/payload/codewords.txt");
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    std::istringstream fields(line);
    int bits = 0;
    std::string key;
    std::string type;
    std::string id;
    std::string codeword;
    ASSERT_TRUE(fields >> bits >> key >> type >> id >> codeword) << line;
    std::optional<Key> secret;
    if (key != "-") secret = Key::from_bytes(from_hex(key)).value();
    const Codec codec = make_codec(bits, secret);
    const Payload payload{type_named(type), from_hex(id)};
    const std::vector<uint8_t> bytes = from_hex(codeword);
    std::vector<float> message(bits);
    for (int i = 0; i < bits; ++i) message[i] = bytes[i / 8] >> (7 - i % 8) & 1 ? 1.0F : -1.0F;
    EXPECT_EQ(codec.encode(payload).value(), message) << line;
    EXPECT_EQ(codec.decode(message).payload, payload) << line;
  }
  EXPECT_GT(count, 60);
}

}  // namespace
}  // namespace vseal::payload
