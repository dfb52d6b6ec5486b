// Reading the ID back from a file.
#pragma once

#include <optional>
#include <string>

#include "media/video.h"
#include "payload/codec.h"
#include "pipeline/source.h"

namespace vseal::pipeline {

struct ReadSettings {
  std::optional<payload::Payload> expected;  // also test for this one ID
  int max_frames = 128;                      // most frames of a video that the detector looks at
  int frame_step = 4;                        // of a video's frames, every n-th is looked at
  // A damaged copy is read as far as it goes: what is left of it may still hold the mark.
  media::OpenOptions video{.video_stream = {}, .tolerate_damage = true};
};

struct ReadReport {
  SourceKind kind = SourceKind::kPicture;
  payload::Reading reading;
  std::optional<double> expected_p_value;  // exact, when an ID was expected
  bool expected_found = false;             // the ID read back is the expected one
  int frames_read = 0;
  int64_t frames_total = 0;  // estimate; 1 for a picture, 0 when unknown
  int looks = 0;             // times that the pooled logits were tried
};

// Reads `path`. A picture is looked at once. A video's frames are sampled from its start, every
// frame_step-th, and their logits pooled; after 1, 2, 4, 8, ... samples the pooled logits are
// tried, and reading stops when the check passes. A seekable video that has not given its ID after
// the first quarter of max_frames is sampled at even distances over its whole length. An absent
// mark is a report, not an error.
Result<ReadReport> read_file(const Tools& tools, const std::string& path,
                             const ReadSettings& settings, const ProgressCallback& progress);

}  // namespace vseal::pipeline
