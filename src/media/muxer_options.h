// What muxers must be told so that a copy keeps the input's timing and metadata.
#pragma once

#include "media/av_handles.h"
#include "media/video_input.h"

namespace vseal::media {

// Prepares `muxer`, whose streams have been added, for avformat_write_header() with `options`.
// `seekable`: the output is a file, not a pipe.
void set_muxer_options(const VideoInput& input, bool seekable, AVFormatContext& muxer,
                       Options& options);

// What must be added to the timestamps of a copied stream, in ticks of `time_base`: demuxers of
// Matroska take the delay of Opus off, and muxers before FFmpeg 6 do not put it back.
int64_t forgotten_delay(const AVOutputFormat& container, const AVCodecParameters& parameters,
                        AVRational time_base);

}  // namespace vseal::media
