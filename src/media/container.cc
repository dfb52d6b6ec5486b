#include "media/container.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace vseal::media {
namespace {

// Containers that hold their media themselves. Playlists, picture sequences and text "videos" are
// not here: they would read other files, or any file.
constexpr const char* kContainers =
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,flv,asf,ogg,nut,"
    "yuv4mpegpipe,mxf,gxf,dv,mjpeg,vc1,wtv,rm";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Null for anything but a regular file: a pipe cannot be read twice.
File open_regular(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
  return File(std::fopen(path.c_str(), "rb"));
}

// An EBML element's identifier and size (RFC 8794, sections 4 and 5).
struct Element {
  uint32_t id = 0;
  std::optional<uint64_t> size;  // empty: not stated
};

// A variable-length integer of at most `most` bytes; with_marker keeps the bits that tell the
// length, as identifiers do. `unknown` is set when all value bits are ones.
bool read_vint(std::FILE* file, int most, bool with_marker, uint64_t& value, bool& unknown) {
  const int first = std::fgetc(file);
  if (first <= 0) return false;
  const int length = std::countl_zero(static_cast<uint8_t>(first)) + 1;
  if (length > most) return false;
  value = static_cast<uint64_t>(with_marker ? first : first & (0xFF >> length));
  for (int i = 1; i < length; ++i) {
    const int next = std::fgetc(file);
    if (next < 0) return false;
    value = (value << 8) | static_cast<uint64_t>(next);
  }
  unknown = value == (uint64_t{1} << (7 * length)) - 1;
  return true;
}

std::optional<Element> read_element(std::FILE* file) {
  uint64_t id = 0, size = 0;
  bool unknown = false;
  if (!read_vint(file, 4, true, id, unknown) || !read_vint(file, 8, false, size, unknown)) {
    return std::nullopt;
  }
  Element element{static_cast<uint32_t>(id), size};
  if (unknown) element.size.reset();
  return element;
}

// Where a Matroska file must end at the earliest; empty when it is none or does not say.
std::optional<uint64_t> matroska_end(const std::string& path) {
  constexpr uint32_t kHeader = 0x1A45DFA3, kSegment = 0x18538067;
  constexpr uint64_t kLongestHeader = 4096;
  const File file = open_regular(path);
  if (file == nullptr) return std::nullopt;
  const auto header = read_element(file.get());
  if (!header || header->id != kHeader || header->size.value_or(~0ULL) > kLongestHeader ||
      std::fseek(file.get(), static_cast<long>(*header->size), SEEK_CUR) != 0) {
    return std::nullopt;
  }
  const auto segment = read_element(file.get());
  if (!segment || segment->id != kSegment || !segment->size) return std::nullopt;
  return static_cast<uint64_t>(std::ftell(file.get())) + *segment->size;
}

Status too_short(const std::string& path, uint64_t expected, uint64_t size) {
  return corrupt_input(path + ": truncated: expected " + std::to_string(expected) +
                       " bytes or more, got " + std::to_string(size));
}

Status open_error(const std::string& path, int error) {
  if (error == AVERROR(ENOMEM)) return Status(Code::kOutOfMemory, path + ": " + av_text(error));
  if (error == AVERROR_EOF) return corrupt_input(path + ": truncated: ends within its header");
  if (starts_as_mp4(path)) {
    return corrupt_input(path + ": truncated or unfinished: this MP4 has no readable index");
  }
  return corrupt_input(path + ": not a video that vseal can read: " + av_text(error));
}

// Lets libav look into the streams, with the limit that decoding itself will have.
int find_streams(AVFormatContext& input, int64_t max_pixels) {
  std::vector<Options> limits(input.nb_streams);
  std::vector<AVDictionary*> dictionaries(input.nb_streams);
  for (size_t i = 0; i < limits.size(); ++i) {
    limits[i].set("max_pixels", std::to_string(max_pixels));
    dictionaries[i] = limits[i].release();
  }
  const int error = avformat_find_stream_info(&input, dictionaries.data());
  for (AVDictionary*& dictionary : dictionaries) av_dict_free(&dictionary);
  return error;
}

}  // namespace

Result<InputPtr> open_container(const std::string& path, int64_t max_pixels) {
  VSEAL_RETURN_IF_ERROR(start_av());
  struct stat info {};
  if (path != "-" && (::stat(path.c_str(), &info) != 0 || ::access(path.c_str(), R_OK) != 0)) {
    return not_found(path + ": " + std::strerror(errno));
  }
  Options options;
  options.set("protocol_whitelist", "file,pipe");
  options.set("format_whitelist", kContainers);
  AVFormatContext* opened = nullptr;
  const std::string url = path == "-" ? "pipe:0" : "file:" + path;
  int error = avformat_open_input(&opened, url.c_str(), nullptr, options.address());
  if (error < 0) return open_error(path, error);
  InputPtr input(opened);
  error = find_streams(*input, max_pixels);
  if (error < 0) return corrupt_input(path + ": cannot find its streams: " + av_text(error));
  return input;
}

Status check_whole(AVFormatContext& input, const std::string& path) {
  const int64_t stated = input.pb != nullptr && path != "-" ? avio_size(input.pb) : -1;
  if (stated <= 0) return {};
  const auto size = static_cast<uint64_t>(stated);
  if (const auto end = matroska_end(path); end.has_value() && *end > size) {
    return too_short(path, *end, size);
  }
  for (unsigned i = 0; i < input.nb_streams; ++i) {
    AVStream* stream = input.streams[i];
    const int count = avformat_index_get_entries_count(stream);
    if (count == 0) continue;
    const AVIndexEntry* last = avformat_index_get_entry(stream, count - 1);
    const auto end = static_cast<uint64_t>(last->pos) + static_cast<uint64_t>(last->size);
    if (last->pos >= 0 && last->size >= 0 && end > size) return too_short(path, end, size);
  }
  return {};
}

bool starts_as_mp4(const std::string& path) {
  const File file = open_regular(path);
  std::array<char, 8> head{};
  if (file == nullptr || std::fread(head.data(), 1, head.size(), file.get()) != head.size()) {
    return false;
  }
  return std::memcmp(head.data() + 4, "ftyp", 4) == 0;
}

bool is_real_video(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
         (stream.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) ==
             0;
}

}  // namespace vseal::media
