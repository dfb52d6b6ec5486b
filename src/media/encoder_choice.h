// Which video encoder to use, and the settings that make it a good one.
#pragma once

#include <string>
#include <vector>

#include "media/av_handles.h"
#include "media/video.h"
#include "media/video_input.h"

namespace vseal::media {

// Encoders to try, best first; never empty. For a named one it is the only candidate:
// kUnavailable when there is none of that name or it does not take the pixel format,
// kInvalidArgument when the container does not hold its codec. Else the one of the input's codec,
// followed by those that can stand in for it.
Result<std::vector<const AVCodec*>> encoder_candidates(const VideoInput& input,
                                                       const AVFrame& first,
                                                       const AVOutputFormat& container,
                                                       const std::string& wanted);

// Sets the encoder's quality, speed and format options for frames like `first`: our defaults, then
// what the caller asks for. kInvalidArgument when the encoder options are malformed.
Status set_encoder_options(const VideoInput& input, const AVFrame& first,
                           const TranscodeOptions& options, AVCodecContext& context, Options& out);

// SVT-AV1 reports to standard error unless its environment says otherwise: says so. Called before
// an encoder is opened.
void silence(const AVCodec& codec);

}  // namespace vseal::media
