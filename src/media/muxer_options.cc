#include "media/muxer_options.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>

#include "media/stream_copy.h"

namespace vseal::media {
namespace {

// How far ahead MPEG streams are sent before they are decoded, in microseconds: what every
// MPEG muxer of libav's command uses.
constexpr int kMpegDelayUs = 700'000;

constexpr int kOpusRate = 48000;

// Ticks of a movie's usual clock, in which libav writes chapters.
constexpr int kMovieTicks = 1000;

int moving_pictures(const AVFormatContext& muxer) {
  int count = 0;
  for (unsigned i = 0; i < muxer.nb_streams; ++i) {
    const AVStream& stream = *muxer.streams[i];
    count += stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_attached_picture(stream);
  }
  return count;
}

// Phones write keys like com.apple.quicktime.make, which only the newer kind of list holds. It
// cannot hold cover art.
bool needs_key_list(const AVFormatContext& muxer) {
  for (unsigned i = 0; i < muxer.nb_streams; ++i) {
    if (is_attached_picture(*muxer.streams[i])) return false;
  }
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(muxer.metadata, "", entry, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    if (std::strncmp(entry->key, "com.", 4) == 0) return true;
  }
  return false;
}

// The movie's clock tells when tracks begin and end: as many of the tracks' clocks as possible are
// multiples of its ticks, while 32 bits hold its duration.
int movie_timescale(const VideoInput& input, const AVFormatContext& muxer) {
  const double seconds = std::max(1.0, input.info().duration_s);
  int64_t ticks = input.stream()->time_base.den;
  const auto refine = [&](int64_t other) {
    if (other <= 0) return;
    const int64_t both = std::lcm(ticks, other);
    if (both <= INT_MAX && static_cast<double>(both) * seconds < UINT32_MAX) ticks = both;
  };
  refine(kMovieTicks);
  for (unsigned i = 0; i < muxer.nb_streams; ++i) refine(muxer.streams[i]->codecpar->sample_rate);
  for (unsigned i = 0; i < muxer.nb_streams; ++i) refine(muxer.streams[i]->time_base.den);
  while (ticks < kMovieTicks) ticks *= 2;
  return static_cast<int>(ticks);
}

void set_mov_options(const VideoInput& input, bool seekable, const AVFormatContext& muxer,
                     Options& options) {
  // The index in front, so that players need not seek; in a pipe, one for each fragment.
  std::string flags = seekable ? "+faststart" : "+frag_keyframe+empty_moov+default_base_moof";
  if (needs_key_list(muxer)) flags += "+use_metadata_tags";
  options.set("movflags", flags);
  // The clock of the only video track is the input's; of several, the muxer takes each one's.
  if (moving_pictures(muxer) == 1) {
    options.set("video_track_timescale", std::to_string(input.stream()->time_base.den));
  }
  options.set("movie_timescale", std::to_string(movie_timescale(input, muxer)));
}

int64_t opus_delay(const AVCodecParameters& parameters, AVRational time_base) {
  if (parameters.codec_id != AV_CODEC_ID_OPUS) return 0;
  return av_rescale_q(parameters.initial_padding, {1, kOpusRate}, time_base);
}

// The first timestamp of a stream, also of sound that decoders cut off (which start_time leaves
// out).
int64_t first_time(AVStream& stream) {
  int64_t first = stream.start_time != AV_NOPTS_VALUE ? stream.start_time : 0;
  const bool sound = stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
  if (sound && avformat_index_get_entries_count(&stream) > 0) {
    first = std::min(first, avformat_index_get_entry(&stream, 0)->timestamp);
  }
  return first;
}

// Muxers move the whole file when a timestamp is negative. Matroska does not need that for Opus,
// whose delay it states apart.
bool starts_at_zero(const AVFormatContext& input) {
  for (unsigned i = 0; i < input.nb_streams; ++i) {
    AVStream& stream = *input.streams[i];
    if (first_time(stream) + opus_delay(*stream.codecpar, stream.time_base) < 0) return false;
  }
  return true;
}

void set_mpeg_options(const VideoInput& input, AVFormatContext& muxer, Options& options) {
  muxer.max_delay = kMpegDelayUs;
  // Times stay as they are where there is room before them for that delay.
  const int64_t start = input.format()->start_time;
  const bool room = start != AV_NOPTS_VALUE && start >= kMpegDelayUs;
  if (room && std::strcmp(muxer.oformat->name, "mpegts") == 0) options.set("mpegts_copyts", "1");
}

}  // namespace

int64_t forgotten_delay(const AVOutputFormat& container, const AVCodecParameters& parameters,
                        AVRational time_base) {
  constexpr bool kForgets = LIBAVFORMAT_VERSION_MAJOR < 60;
  return kForgets && is_matroska(container) ? opus_delay(parameters, time_base) : 0;
}

void set_muxer_options(const VideoInput& input, bool seekable, AVFormatContext& muxer,
                       Options& options) {
  // Y4M of more than 8 bits, FLAC in MP4, and like extensions that every reader knows.
  muxer.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  const std::string name = muxer.oformat->name;
  if (is_mov_like(*muxer.oformat)) set_mov_options(input, seekable, muxer, options);
  const bool from_matroska = std::strstr(input.format()->iformat->name, "matroska") != nullptr;
  if (is_matroska(*muxer.oformat) && (from_matroska || starts_at_zero(*input.format()))) {
    muxer.avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
  }
  if (name == "mpegts" || name == "mpeg" || name == "vob" || name == "svcd" || name == "dvd") {
    set_mpeg_options(input, muxer, options);
  }
}

}  // namespace vseal::media
