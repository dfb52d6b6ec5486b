// What may happen to a marked file, by name: "jpeg:60", "x264:30+crop:0.71+brightness:0.5".
// docs/eval.md lists them all.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "media/frame_chain.h"
#include "media/raster.h"

namespace vseal::attacks {

// What random choices of an attack (where a crop lies, noise) follow from.
struct Chance {
  uint64_t seed = 0;  // the same for all frames of a clip
  int64_t frame = 0;  // noise differs from frame to frame, a crop's place does not
};

// One kind of attack. Exactly one of `picture` and `video` is set.
struct AttackType {
  const char* name;
  const char* parameter;  // what the number behind the colon is; null: none is taken
  double low;             // the parameter's range
  double high;
  bool whole;              // the parameter is a whole number
  const char* definition;  // one sentence, with units
  // Does it to one picture; a clip's frames get it one by one.
  Result<media::Raster> (*picture)(const media::Raster& in, double value, const Chance& chance);
  // The stage of a video that does it; `info` is the file's. For codecs and what changes time.
  Result<media::Stage> (*video)(double value, const media::VideoInfo& info);
};

// All attacks, in the order of their documentation.
std::span<const AttackType> attack_types();

struct AttackStep {
  const AttackType* type = nullptr;
  double value = 0;  // 0 where the type takes no parameter
};

// A chain of steps, the first one first. Never empty.
struct Attack {
  std::vector<AttackStep> steps;

  // The canonical text, which parse_attack() reads.
  std::string name() const;
  // Whether it has a step that only videos can go through.
  bool needs_video() const;
};

// Reads "NAME", "NAME:NUMBER" or several of them joined by "+". kInvalidArgument names what is
// wrong and what was expected.
Result<Attack> parse_attack(std::string_view text);

// Reads attacks separated by commas; "images", "video" and "quick" stand for whole grids. Repeated
// attacks are kept once, at their first place.
Result<std::vector<Attack>> parse_attacks(std::string_view list);

// Does all steps to a picture. kUnsupported for an attack that needs a video. The same seed gives
// the same result on any machine with the same libraries. Thread-safe.
Result<media::Raster> attack_picture(const media::Raster& in, const Attack& attack,
                                     const Chance& chance);

// A video file to be attacked.
struct Clip {
  std::string path;
  int64_t max_frames = 0;  // from its start; 0: all
  int frame_step = 1;      // every so many of the attacked frames are wanted
  int threads = 1;         // of decoders and encoders
  // Done to every decoded frame before the attack, in place; may be empty. `index` is the frame's.
  std::function<Status(FrameView& frame, int64_t index)> prepare = {};
};

// Does all steps to a video: decodes it, sends its frames through filters, encoders and the
// decoders of what they made, and hands every frame_step-th frame to `sink`, as displayed. No
// file is written. Thread-safe.
Result<media::ChainReport> attack_clip(const Clip& clip, const Attack& attack, uint64_t seed,
                                       const media::FrameCallback& sink);

}  // namespace vseal::attacks
