// Opening a media file: which containers are allowed, and whether the file is whole.
#pragma once

#include <string>

#include "media/av_handles.h"

namespace vseal::media {

// Opens a file, or standard input for "-", and finds its streams. Only containers that hold their
// media themselves: no playlists, no picture sequences, no network. No probed picture may have more
// than `max_pixels`. kNotFound; kCorruptInput (no such container, or one without its index).
Result<InputPtr> open_container(const std::string& path, int64_t max_pixels);

// Compares the sizes that the container states (index entries, Matroska segment) with the file's.
// kCorruptInput when the file is shorter; success when nothing is stated or the input is a pipe.
Status check_whole(AVFormatContext& input, const std::string& path);

// Says whether the file begins as MP4 and MOV files do; false when it cannot be read.
bool starts_as_mp4(const std::string& path);

// Attached pictures and thumbnails are no real video.
bool is_real_video(const AVStream& stream);

}  // namespace vseal::media
