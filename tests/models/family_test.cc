// The card of a checkpoint that has none: from shapes, `args` and what the user says.
#include "models/videoseal/family.h"

#include <gmock/gmock.h>

namespace vseal::models::videoseal {
namespace {

using testing::HasSubstr;

Sizes sizes_of(int64_t channels, bool rms_norm, int64_t first_width) {
  Sizes sizes;
  sizes.embedder = {rms_norm, channels, 256, 256, 8, {first_width, 2 * first_width}};
  return sizes;
}

TEST(MakeCard, PublishedModelsAreKnownByTheirShapes) {
  struct Known {
    Sizes sizes;
    const char* name;
    int step;
    float strength;
    Attenuation attenuation;
  };
  for (const Known& known :
       {Known{sizes_of(1, false, 16), "videoseal-1.0", 4, 0.2f, Attenuation::kJnd},
        Known{sizes_of(1, false, 32), "pixelseal", 8, 0.2f, Attenuation::kJnd},
        Known{sizes_of(3, false, 64), "chunkyseal", 8, 0.2f, Attenuation::kJnd},
        Known{sizes_of(3, true, 16), "videoseal-0.0", 4, 1.0f, Attenuation::kNone}}) {
    const Card card = make_card(known.sizes, "", "").value();
    EXPECT_EQ(card.name, known.name);
    EXPECT_EQ(card.step, known.step);
    EXPECT_EQ(card.strength, known.strength);
    EXPECT_EQ(card.attenuation, known.attenuation);
    EXPECT_EQ(card.detector_channels, 3);
    EXPECT_THAT(card.licence, HasSubstr("Meta"));
  }
  const Card other = make_card(sizes_of(1, false, 20), "", "").value();
  EXPECT_EQ(other.name, "videoseal");
  EXPECT_EQ(other.licence, "") << "nobody knows whose it is";
}

TEST(MakeCard, ArgsOverrideTheClassAndAmendmentsTheArgs) {
  const Sizes sizes = sizes_of(1, false, 16);
  const std::string args = R"({"nbits":256,"img_size_proc":512,"scaling_w":0.5,"attenuation":"None",
                               "videowam_step_size":2,"scaling_i":1.0,"optimizer":null})";
  const Card card = make_card(sizes, args, "").value();
  EXPECT_EQ(card.processing_size, 512);
  EXPECT_EQ(card.strength, 0.5f);
  EXPECT_EQ(card.step, 2);
  EXPECT_EQ(card.attenuation, Attenuation::kNone);
  const Card amended = make_card(sizes, args, R"({"step":3,"attenuation":"jnd"})").value();
  EXPECT_EQ(amended.step, 3);
  EXPECT_EQ(amended.strength, 0.5f);
  EXPECT_EQ(amended.attenuation, Attenuation::kJnd);
}

TEST(MakeCard, RefusesWhatItCannotHonour) {
  const Sizes sizes = sizes_of(1, false, 16);
  const auto error = [&](const std::string& args) { return make_card(sizes, args, "").status(); };
  EXPECT_THAT(error(R"({"nbits":128})").message(), HasSubstr("nbits: expected 256"));
  EXPECT_EQ(error(R"({"scaling_i":0.9})").code(), Code::kUnsupported);
  EXPECT_THAT(error(R"({"scaling_w":"much"})").message(), HasSubstr("scaling_w"));
  EXPECT_THAT(error(R"({"attenuation":"jnd_1_3_blue"})").message(), HasSubstr("overrides it"));
  EXPECT_TRUE(
      make_card(sizes, R"({"attenuation":"jnd_1_3_blue"})", R"({"attenuation":"jnd"})").ok());
}

}  // namespace
}  // namespace vseal::models::videoseal
