// Reading safetensors: what is there, and what hostile files meet.
#include "formats/safetensors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

namespace vseal::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file whose length field is that of `json`, followed by `data_bytes` bytes 0, 1, 2, ...
std::string file_of(const std::string& json, size_t data_bytes) {
  std::string file;
  for (int shift = 0; shift < 64; shift += 8) file += static_cast<char>(json.size() >> shift);
  file += json;
  for (size_t i = 0; i < data_bytes; ++i) file += static_cast<char>(i);
  return file;
}

Result<Safetensors> parse(const std::string& file) {
  return Safetensors::parse(std::as_bytes(std::span(file)), nullptr);
}

TEST(Safetensors, ReadsTensorsAndMetadata) {
  const std::string file =
      file_of(R"({"__metadata__":{"card":"{}","note":"n"},)"
              R"("b":{"dtype":"F16","shape":[3],"data_offsets":[8,14]},)"
              R"( "a":{"data_offsets":[0,8],"shape":[2,1],"dtype":"F32"},)"
              R"("count":{"dtype":"I64","shape":[],"data_offsets":[14,22]},)"
              R"("none":{"dtype":"U8","shape":[0,5],"data_offsets":[14,14]}}   )",
              22);
  const Result<Safetensors> read = parse(file);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->metadata().at("card"), "{}");
  EXPECT_EQ(read->metadata().at("note"), "n");
  ASSERT_EQ(read->tensors().size(), 4u);
  EXPECT_EQ(read->tensors()[0].name, "a");
  EXPECT_EQ(read->tensors()[3].name, "none");
  const StoredTensor* b = read->find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, graph::DType::kF16);
  EXPECT_EQ(b->shape, graph::Shape{3});
  EXPECT_EQ(b->bytes.size(), 6u);
  EXPECT_EQ(b->bytes[0], std::byte{8});
  // A view, not a copy.
  EXPECT_EQ(reinterpret_cast<const char*>(b->bytes.data()), file.data() + file.size() - 14);
  const StoredTensor* count = read->find("count");
  ASSERT_NE(count, nullptr);
  EXPECT_EQ(count->dtype, std::nullopt);
  EXPECT_EQ(count->type, "I64");
  EXPECT_EQ(read->find("c"), nullptr);
}

TEST(Safetensors, KeepsItsOwner) {
  auto text = std::make_shared<std::string>(file_of("{}", 0));
  const std::weak_ptr<std::string> watch = text;
  const auto bytes = std::as_bytes(std::span<const char>(*text));
  {
    const Result<Safetensors> read = Safetensors::parse(bytes, std::move(text));
    ASSERT_TRUE(read.ok());
    EXPECT_TRUE(read->tensors().empty());
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Safetensors, MissingFileIsNotFound) {
  EXPECT_EQ(Safetensors::open("/nonexistent.safetensors").status().code(), Code::kNotFound);
}

TEST(Safetensors, RefusesFilesShorterThanTheyClaim) {
  const std::string good = file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  ASSERT_TRUE(parse(good).ok());
  for (size_t size = 0; size < good.size(); ++size) {
    const Result<Safetensors> read = parse(good.substr(0, size));
    ASSERT_FALSE(read.ok()) << size;
    ASSERT_EQ(read.status().code(), Code::kCorruptInput) << size;
  }
  EXPECT_THAT(parse(good + "x").status().message(),
              HasSubstr("expected 9 bytes of tensors, got 8"));
}

TEST(Safetensors, RefusesLengthsBeyondTheFileOrTheLimit) {
  for (const uint64_t length : {UINT64_MAX, UINT64_MAX - 7, uint64_t{1} << 63, uint64_t{3}}) {
    std::string file;
    for (int shift = 0; shift < 64; shift += 8) file += static_cast<char>(length >> shift);
    EXPECT_THAT(parse(file + "{}").status().message(),
                HasSubstr(fmt::format("expected at most 2 bytes, got {}", length)));
  }
  const std::string huge = file_of(std::string(100'000'001, '{'), 0);
  EXPECT_THAT(parse(huge).status().message(), HasSubstr("expected at most 100000000 bytes"));
}

struct Malformed {
  const char* what;
  std::string json;
  size_t data_bytes;
  const char* message;
};

void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.what; }

// One entry named "a" of these fields.
std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return fmt::format(R"({{"a":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", dtype, shape,
                     offsets);
}

class SafetensorsMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(SafetensorsMalformed, IsRefusedByName) {
  const Result<Safetensors> read = parse(file_of(GetParam().json, GetParam().data_bytes));
  ASSERT_FALSE(read.ok());
  EXPECT_TRUE(read.status().code() == Code::kCorruptInput ||
              read.status().code() == Code::kUnsupported);
  EXPECT_THAT(read.status().message(), HasSubstr("[safetensors] "));
  EXPECT_THAT(read.status().message(), HasSubstr(GetParam().message));
}

const Malformed kMalformed[] = {
    {"EmptyHeader", "", 0, "expected to begin with {"},
    {"LeadingSpace", " {}", 0, "expected to begin with {"},
    {"NoJson", "{nope}", 0, "no JSON at byte"},
    {"CutJson", R"({"a":{"dtype":"F32")", 0, "no JSON at byte"},
    {"TrailingJson", "{}{}", 0, "no JSON at byte"},
    {"InvalidUtf8", "{\"\xff\":{}}", 0, "no JSON at byte"},
    {"EntryIsNumber", R"({"a":5})", 0, "\"a\": unexpected a number"},
    {"EntryIsArray", R"({"a":[]})", 0, "\"a\": unexpected an array"},
    {"EntryIsNull", R"({"a":null})", 0, "\"a\": unexpected null"},
    {"EmptyEntry", R"({"a":{}})", 0, "\"a\": expected dtype, shape and data_offsets"},
    {"NoOffsets", R"({"a":{"dtype":"U8","shape":[1]}})", 1, "expected dtype, shape and data"},
    {"UnknownField", R"({"a":{"dtyp":"U8"}})", 1, "unexpected field \"dtyp\""},
    {"FieldTwice", R"({"a":{"dtype":"U8","dtype":"U8"}})", 1, "second value"},
    {"NameTwice",
     R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
     R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
     1, "tensor \"a\" stands there twice"},
    {"MetadataTwice", R"({"__metadata__":{},"__metadata__":{}})", 0, "twice"},
    {"MetadataNumber", R"({"__metadata__":{"k":1}})", 0, "\"__metadata__\": unexpected a number"},
    {"MetadataNested", R"({"__metadata__":{"k":{}}})", 0, "unexpected an object"},
    {"UnknownType", entry("\"F31\"", "[1]", "[0,4]"), 4, "\"a\": unknown dtype \"F31\""},
    {"TypeIsNumber", entry("4", "[1]", "[0,4]"), 4, "\"a\": unexpected a number"},
    {"ShapeIsText", entry("\"U8\"", "\"1\"", "[0,1]"), 1, "\"a\": unexpected a text"},
    {"NestedShape", entry("\"U8\"", "[[1]]", "[0,1]"), 1, "\"a\": unexpected an array"},
    {"NegativeExtent", entry("\"U8\"", "[-1]", "[0,1]"), 1, "\"a\": unexpected a negative"},
    {"FractionExtent", entry("\"U8\"", "[1.0]", "[0,1]"), 1, "\"a\": unexpected a fraction"},
    {"HugeExtent", entry("\"U8\"", "[9223372036854775808]", "[0,1]"), 1, "beyond 2^63"},
    {"ExtentBeyond64Bits", entry("\"U8\"", "[99999999999999999999]", "[0,1]"), 1, "fraction"},
    {"OverflowToZero", entry("\"F32\"", "[4611686018427387904,4]", "[0,0]"), 0, "\"a\": expected"},
    {"OverflowToSize", entry("\"F32\"", "[4611686018427387905]", "[0,4]"), 4, "fewer than 2^64"},
    {"RankTooHigh", entry("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "a rank above 8"},
    {"TooShort", entry("\"F32\"", "[2]", "[0,4]"), 4, "\"a\": expected 8 bytes for F32[2], got 4"},
    {"TooLong", entry("\"F16\"", "[2]", "[0,5]"), 5, "\"a\": expected 4 bytes for F16[2], got 5"},
    {"OneOffset", entry("\"U8\"", "[1]", "[0]"), 1, "\"a\": unexpected 1 offsets instead of 2"},
    {"ThreeOffsets", entry("\"U8\"", "[1]", "[0,1,2]"), 1, "\"a\": unexpected a third offset"},
    {"NegativeOffset", entry("\"U8\"", "[1]", "[-1,1]"), 1, "\"a\": unexpected a negative"},
    {"ReversedOffsets", entry("\"U8\"", "[1]", "[1,0]"), 1, "\"a\": expected a range within 1"},
    {"OffsetsBeyondTheFile", entry("\"U8\"", "[2]", "[0,2]"), 1, "\"a\": expected a range within"},
    {"HugeOffsets", entry("\"U8\"", "[1]", "[18446744073709551614,18446744073709551615]"), 1,
     "\"a\": expected a range within 1 bytes"},
    {"HoleAtTheStart", entry("\"U8\"", "[1]", "[1,2]"), 2, "\"a\": a hole lies before it"},
    {"HoleAtTheEnd", entry("\"U8\"", "[1]", "[0,1]"), 2, "expected 2 bytes of tensors, got 1"},
    {"Overlap",
     R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
     R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
     3, "\"b\": overlaps"},
    {"Alias",
     R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
     R"("b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
     2, "overlaps"},
    {"HostileName", R"({"\u001b[31m\n":5})", 0, R"("\x1b[31m\n": unexpected)"},
    {"DeepNesting", R"({"a":)" + std::string(100'000, '['), 0, "\"a\": unexpected an array"},
};

INSTANTIATE_TEST_SUITE_P(Cases, SafetensorsMalformed, testing::ValuesIn(kMalformed),
                         [](const auto& test) { return std::string(test.param.what); });

// Whatever is read of a damaged file lies inside it. Sanitizers see what this test cannot.
TEST(Safetensors, SurvivesDamage) {
  const std::string good = file_of(
      R"({"__metadata__":{"card":"{}"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F16","shape":[3],"data_offsets":[8,14]}})",
      14);
  std::mt19937 random(1);
  int readable = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = good;
    for (int i = 0; i <= round % 3; ++i) {
      damaged[random() % damaged.size()] =
          static_cast<char>(random() % 4 == 0 ? random() : '0' + random() % 10);
    }
    const Result<Safetensors> read = parse(damaged);
    if (!read.ok()) continue;
    ++readable;
    size_t bytes = 0;
    for (const StoredTensor& tensor : read->tensors()) {
      ASSERT_LE(tensor.bytes.data() + tensor.bytes.size(),
                reinterpret_cast<const std::byte*>(damaged.data() + damaged.size()));
      bytes += tensor.bytes.size();
    }
    ASSERT_EQ(bytes, 14u);
  }
  EXPECT_GT(readable, 500) << "damage to names and data does no harm";
}

TEST(Quote, CutsLongNames) {
  EXPECT_EQ(quote("stem"), "\"stem\"");
  EXPECT_EQ(quote(std::string(1000, 'x')).size(), 80u + 2 + 3);
}

}  // namespace
}  // namespace vseal::formats
