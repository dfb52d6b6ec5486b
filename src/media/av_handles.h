// Owners of libav objects, error texts, and its one-time set-up.
#pragma once

#include <memory>
#include <string>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
}

#include "base/status.h"

namespace vseal::media {

struct FreeFrame {
  void operator()(AVFrame* p) const { av_frame_free(&p); }
};
struct FreePacket {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct FreeCodec {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
};
struct CloseInput {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
};

using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;
using CodecPtr = std::unique_ptr<AVCodecContext, FreeCodec>;
using InputPtr = std::unique_ptr<AVFormatContext, CloseInput>;

// A dictionary of options, freed at the end of its scope.
class Options {
 public:
  Options() = default;
  ~Options() { av_dict_free(&dictionary_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void set(const std::string& key, const std::string& value) {
    av_dict_set(&dictionary_, key.c_str(), value.c_str(), 0);
  }
  std::string get(const std::string& key) const {
    const AVDictionaryEntry* entry = av_dict_get(dictionary_, key.c_str(), nullptr, 0);
    return entry != nullptr ? entry->value : "";
  }
  // For calls that take options and leave the unknown ones.
  AVDictionary** address() { return &dictionary_; }
  // Gives the dictionary away; the caller frees it.
  AVDictionary* release() { return std::exchange(dictionary_, nullptr); }
  // A key that nobody has taken; empty when all were.
  std::string first_left() const {
    const AVDictionaryEntry* entry = av_dict_get(dictionary_, "", nullptr, AV_DICT_IGNORE_SUFFIX);
    return entry != nullptr ? entry->key : "";
  }

 private:
  AVDictionary* dictionary_ = nullptr;
};

// libav's text for one of its error codes.
std::string av_text(int error);

// The latest error that libav has logged on this thread since clear_av_message(), in one line: it
// often says more than an error code does. Empty when there was none.
std::string last_av_message();
void clear_av_message();

// Loads libav and sends its messages to base/log.h instead of standard error; before any other call
// of libav. start_filters() loads libavfilter too, which has most behind it. Thread-safe, once a
// process.
Status start_av();
Status start_filters();

}  // namespace vseal::media
