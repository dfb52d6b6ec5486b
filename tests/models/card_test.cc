// Cards: ours, the training's, and those that are refused.
#include "models/card.h"

#include <gmock/gmock.h>

#include <string>

namespace vseal::models {
namespace {

using testing::HasSubstr;

constexpr char kTrainingCard[] = R"({"name": "nano128", "bits": 128, "processing_size": 256,
  "colour": "luma", "strength": 0.25, "cfg": {"nbits": 128, "T": 16, "norm": "bn", "gate": 0,
  "kind": "res", "jnd": [9.0, 3.0], "gexp": 0.5}, "images_seen": 328080})";

// A full card of ours with `replacement` in the place of `field`.
std::string card_with(const std::string& field, const std::string& replacement) {
  std::string json = R"({"name":"a-1","family":"nano","layout":"nhwc","licence":"MIT","bits":64,
    "processing_size":128,"step":8,"strength":0.5,"promised_psnr_db":42.5,
    "heatmap":{"low_gain":17,"low_offset":1.5,"replicate_sobel_border":false},
    "gain":{"exponent":0.25,"reference":0.125},"real_valued_message":true})";
  if (field.empty()) return json;
  const size_t at = json.find(field);
  EXPECT_NE(at, std::string::npos) << field;
  return json.replace(at, field.size(), replacement);
}

TEST(Card, ReadsEveryField) {
  const Result<CardFile> read = parse_card(card_with("", ""));
  ASSERT_TRUE(read.ok()) << read.status().message();
  const Card& card = read->card;
  EXPECT_EQ(read->layout, Layout::kNhwc);
  EXPECT_EQ(card.name, "a-1");
  EXPECT_EQ(card.family, "nano");
  EXPECT_EQ(card.licence, "MIT");
  EXPECT_EQ(card.bits, 64);
  EXPECT_EQ(card.processing_size, 128);
  EXPECT_EQ(card.step, 8);
  EXPECT_EQ(card.strength, 0.5f);
  EXPECT_EQ(card.promised_psnr_db, 42.5f);
  EXPECT_EQ(card.heatmap.low_gain, 17.0f);
  EXPECT_EQ(card.heatmap.low_offset, 1.5f);
  EXPECT_FALSE(card.heatmap.replicate_sobel_border);
  EXPECT_EQ(card.gain_exponent, 0.25f);
  EXPECT_EQ(card.gain_reference, 0.125f);
  EXPECT_TRUE(card.real_valued_message);
}

TEST(Card, ReadsWhatTheTrainingWrites) {
  const Result<CardFile> read = parse_card(kTrainingCard);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->layout, Layout::kTorch);
  EXPECT_EQ(read->card.family, "nano");
  EXPECT_EQ(read->card.step, 4);
  EXPECT_EQ(read->card.heatmap.low_gain, 9.0f);
  EXPECT_EQ(read->card.heatmap.low_offset, 3.0f);
  EXPECT_TRUE(read->card.heatmap.replicate_sobel_border);
  EXPECT_EQ(read->card.gain_exponent, 0.5f);
  EXPECT_EQ(read->card.gain_reference, 8.0f / 255.0f);
  EXPECT_TRUE(read->card.real_valued_message);
}

struct Refused {
  const char* what;
  const char* field;
  const char* replacement;
  Code code;
  const char* message;
};

void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.what; }

class CardRefused : public testing::TestWithParam<Refused> {};

TEST_P(CardRefused, NamesTheField) {
  const Refused& p = GetParam();
  const Result<CardFile> read = parse_card(card_with(p.field, p.replacement));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), p.code);
  EXPECT_THAT(read.status().message(), HasSubstr(p.message));
}

constexpr Code kCorrupt = Code::kCorruptInput;
const Refused kRefused[] = {
    {"NoJson", "{", "[", kCorrupt, "[card] text: expected a JSON object"},
    {"NoName", "\"name\"", "\"nom\"", kCorrupt, "[card] name: expected a value, got nothing"},
    {"NoBits", "\"bits\"", "\"bit\"", kCorrupt, "[card] bits: expected a value"},
    {"EmptyName", "\"a-1\"", "\"\"", kCorrupt, "[card] name: expected letters"},
    {"EscapesInName", "\"a-1\"", R"("\u001b[2J")", kCorrupt, R"([card] name: expected letters)"},
    {"PathAsName", "\"a-1\"", "\"../x\"", kCorrupt, "[card] name: expected letters"},
    {"NameIsNumber", "\"a-1\"", "7", kCorrupt, "[card] name: expected a text of at most 64 bytes"},
    {"OtherFamily", "\"nano\"", "\"mega\"", Code::kUnsupported,
     "expected nano or videoseal, got \"mega\""},
    {"OtherLayout", "\"nhwc\"", "\"nchw\"", Code::kUnsupported, "[card] layout"},
    {"NoBitsAtAll", ":64", ":0", kCorrupt, "[card] bits: expected an integer in 1..4096"},
    {"TooManyBits", ":64", ":4294967296", kCorrupt, "[card] bits: expected an integer"},
    {"HalfABit", ":64", ":64.5", kCorrupt, "[card] bits: expected an integer"},
    {"HugeSide", ":128", ":1000000", kCorrupt, "[card] processing_size: expected an integer"},
    {"NegativeSide", ":128", ":-128", kCorrupt, "[card] processing_size"},
    {"NoStep", "\"step\":8", "\"step\":0", kCorrupt, "[card] step: expected"},
    {"StrengthIsText", ":0.5", ":\"0.5\"", kCorrupt, "[card] strength: expected a number"},
    {"StrengthOverflows", ":0.5", ":1e300", kCorrupt, "[card] strength: expected a number"},
    {"HeatmapIsNumber", "{\"low_gain\":17", "5, \"x\": {\"a\":17", kCorrupt, "[card] heatmap"},
    {"LowGain", ":17", ":-17", kCorrupt, "[card] heatmap.low_gain: expected a number in 0..255"},
    {"Border", "border\":false", "border\":0", kCorrupt, "replicate_sobel_border: expected true"},
    {"Exponent", ":0.25", ":99", kCorrupt, "[card] gain.exponent: expected a number in -4..4"},
};

INSTANTIATE_TEST_SUITE_P(Cases, CardRefused, testing::ValuesIn(kRefused),
                         [](const auto& test) { return std::string(test.param.what); });

TEST(Card, RefusesVariantsOfTheTrainingThatAreNotBuilt) {
  std::string gated = kTrainingCard;
  gated.replace(gated.find("\"gate\": 0"), 9, "\"gate\": 1");
  EXPECT_EQ(parse_card(gated).status().code(), Code::kUnsupported);
  std::string bottleneck = kTrainingCard;
  bottleneck.replace(bottleneck.find("\"res\""), 5, "\"bot\"");
  EXPECT_EQ(parse_card(bottleneck).status().code(), Code::kUnsupported);
  std::string one_jnd = kTrainingCard;
  one_jnd.replace(one_jnd.find("[9.0, 3.0]"), 10, "[9.0]");
  EXPECT_THAT(parse_card(one_jnd).status().message(), HasSubstr("[card] cfg.jnd"));
}

TEST(Card, RefusesLongTexts) {
  EXPECT_FALSE(parse_card(std::string(1 << 17, ' ') + kTrainingCard).ok());
  EXPECT_THAT(parse_card(card_with("MIT", std::string(5000, 'x'))).status().message(),
              HasSubstr("[card] licence"));
}

}  // namespace
}  // namespace vseal::models
