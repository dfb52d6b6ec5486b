// Reading the ID back from a file.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "media/video.h"
#include "payload/codec.h"
#include "payload/raw_bits.h"
#include "pipeline/source.h"
#include "watermark/reader.h"
#include "watermark/search.h"

namespace vseal::pipeline {

// Asks for the model's n bits as they are read.
struct RawRequest {
  std::optional<payload::Bits> expected;  // n bits to compare with
};

struct RawReading {
  payload::Bits bits;
  std::optional<payload::BitsMatch> match;  // when bits were expected
};

RawReading raw_reading(const RawRequest& request, std::span<const float> logits);

struct ReadSettings {
  std::optional<payload::Payload> expected;  // also test for this one ID
  std::optional<RawRequest> raw;             // the bits themselves, and no ID
  watermark::ReaderOptions reader;
  int max_frames = 128;  // most frames of a video that the detector looks at
  int frame_step = 4;    // of a video's frames, every n-th is looked at
  // What is done where the ID does not come back from the frames as they are. Not for a raw
  // request.
  watermark::SearchOptions search;
  // A damaged copy is read as far as it goes: what is left of it may still hold the mark.
  media::OpenOptions video{.video_stream = {}, .tolerate_damage = true};
};

struct ReadReport {
  SourceKind kind = SourceKind::kPicture;
  payload::Reading reading;                // not for a raw request
  std::optional<RawReading> raw;           // for one
  std::optional<double> expected_p_value;  // exact, when an ID was expected
  bool expected_found = false;             // the ID read back is the expected one
  int frames_read = 0;
  int64_t frames_total = 0;                       // estimate; 1 for a picture, 0 when unknown
  int looks = 0;                                  // times that the pooled logits were tried
  std::optional<watermark::SearchReport> search;  // when one was needed
};

// Reads `path`. A picture is looked at once. A video's frames are sampled from its start, every
// frame_step-th, and their logits pooled; after 1, 2, 4, 8, ... samples the pooled logits are
// tried, and reading stops when the check passes. A seekable video of more than max_frames samples
// that has not given its ID after the first quarter of them is sampled at even distances over its
// whole length. Between tries frames are read side by side while others are decoded: what is read,
// and the report, are the same for any number of threads. An absent mark is a report, not an error.
// Where all that gives no ID, a search takes the frames for cropped, scaled or turned ones
// (watermark/search.h); both share the p-value, half each. A raw request looks at max_frames
// samples of a video, or all that it has, whatever they say: only so is the p-value of their pooled
// bits exact.
Result<ReadReport> read_file(const Tools& tools, const std::string& path,
                             const ReadSettings& settings, const ProgressCallback& progress);

}  // namespace vseal::pipeline
