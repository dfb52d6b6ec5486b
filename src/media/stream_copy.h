// Streams that are carried over beside the picture: what a container can hold, and how it is told.
#pragma once

#include <string>
#include <vector>

#include "media/av_handles.h"
#include "media/video_encoder.h"
#include "media/video_input.h"

namespace vseal::media {

bool is_matroska(const AVOutputFormat& container);  // and WebM
bool is_mov_like(const AVOutputFormat& container);  // MP4 and its kin
bool is_attached_picture(const AVStream& stream);

// "video", "subtitle", ...
const char* kind_name(const AVStream& stream);

// Tracks that come back by themselves: the text of chapters, and MP4's timecode (from metadata).
bool is_recreated(const AVStream& stream, const AVOutputFormat& container);

// Adds the encoded stream, or a copy of `from`, to a muxer, with everything the input says of it.
Status add_encoded_stream(AVFormatContext& muxer, const VideoInput& input,
                          const VideoEncoder& encoder);
Status add_copied_stream(AVFormatContext& muxer, const AVStream& from);

// Why `container` cannot hold a copy of stream `index` beside the input's streams `held` (which
// include the encoded one); empty when it can. Asks the muxer itself, which writes a header for
// them into memory.
std::string reason_to_drop(const AVOutputFormat& container, const VideoInput& input,
                           const VideoEncoder& encoder, const std::vector<int>& held, int index);

}  // namespace vseal::media
