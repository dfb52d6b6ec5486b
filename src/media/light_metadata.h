// The static metadata of HDR video: the mastering display's colour volume (SMPTE ST 2086) and the
// content's light levels (CTA-861.3).
#pragma once

#include <optional>
#include <string>

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

#include "media/av_handles.h"

namespace vseal::media {

struct LightMetadata {
  std::optional<AVMasteringDisplayMetadata> display;
  std::optional<AVContentLightMetadata> content;
};

// From the first frame's bitstream, else from the container.
LightMetadata light_metadata(const AVFrame& first, const AVStream& stream);

// Adds what `to` does not have yet, so that containers with fields for it can write it.
void add_light_metadata(const LightMetadata& metadata, AVStream& to);

// The same as "key=value:key=value" parameters of an encoder; empty where it takes none
// ("libx264", "libx265" and "libsvtav1" do) or there is nothing to say.
std::string light_params(const LightMetadata& metadata, const std::string& encoder);

}  // namespace vseal::media
