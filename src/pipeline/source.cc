#include "pipeline/source.h"

#include <unistd.h>

#include "media/picture.h"
#include "media/video.h"

namespace vseal::pipeline {

Status expect_codec(const Tools& tools) {
  if (tools.codec != nullptr) return {};
  const models::Card& card = tools.networks->card();
  return unsupported("the model " + card.name + " carries " + std::to_string(card.bits) +
                     " bits, too few for an ID; use raw bits (--bits, --raw)");
}

const char* kind_name(SourceKind kind) {
  return kind == SourceKind::kPicture ? "picture" : "video";
}

Result<SourceKind> sniff(const std::string& path) {
  if (path == "-") return SourceKind::kVideo;
  VSEAL_ASSIGN_OR_RETURN(const auto picture, media::sniff_picture(path));
  if (picture.has_value()) return SourceKind::kPicture;
  VSEAL_ASSIGN_OR_RETURN(const bool video, media::sniff_video(path));
  if (video) return SourceKind::kVideo;
  return corrupt_input(path + ": not a picture or video that vseal can read");
}

}  // namespace vseal::pipeline
