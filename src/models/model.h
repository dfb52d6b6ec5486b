// A watermarking model: two graphs, and what is needed around them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/status.h"
#include "graph/graph.h"

namespace vseal::models {

// The just-noticeable-difference map that attenuates a residual (networks.md, step 4): luminance
// part low_gain * (1 - sqrt(L/127 + 1e-5)) + low_offset for L <= 127, 3/128 (L - 127) + 3 above.
struct HeatmapSettings {
  float low_gain = 17.0f;
  float low_offset = 0.0f;
  bool replicate_sobel_border = false;  // zero border otherwise, as upstream has it
};

// What a residual is multiplied with before it is added: nothing, or the JND heat map.
enum class Attenuation { kNone, kJnd };

// What a model's card says of it.
struct Card {
  std::string name;
  std::string family;  // "nano"
  std::string licence;
  int bits = 0;                   // n: message bits, and logits read back
  int processing_size = 256;      // side of the square that the networks see, in px
  int step = 1;                   // video: a key frame every `step` frames
  float strength = 0.0f;          // factor of the attenuated residual (upstream's scaling_w)
  float promised_psnr_db = 0.0f;  // mean PSNR in RGB at `strength` on the card's test pictures
  int embedder_channels = 1;      // what the embedder sees and returns: 1 luma, 3 RGB
  int detector_channels = 1;      // what the detector sees: 1 luma, 3 RGB
  Attenuation attenuation = Attenuation::kJnd;
  HeatmapSettings heatmap;
  // The gain of a picture is clamp((gain_reference / rms(heatmap at processing
  // size))^gain_exponent, 0.6, 2); 1 when the exponent is 0.
  float gain_exponent = 0.0f;
  float gain_reference = 8.0f / 255.0f;
  bool real_valued_message = false;  // the embedder takes any real numbers, not only +-1
};

// embedder: inputs the picture [1,s,s,c] in 0..1 ("luma" for c = 1, "rgb" for c = 3; c is
// card.embedder_channels) and "message" [1,n] of +-1; output "residual" [1,s,s,c] in -1..1, of
// which one channel is added to R, G and B alike. detector: input the picture [1,s,s,c], c =
// card.detector_channels; output "logits" [1,n], bit k set when logit k > 0.
struct Model {
  Card card;
  graph::Graph embedder;
  graph::Graph detector;
  std::string source = {};      // what kind of file it was read from: "vseal", "pytorch zip", ...
  std::string provenance = {};  // JSON of a .vseal file: where its weights come from; else empty
  std::vector<std::string> unused = {};            // tensors of the file that belong to no network
  std::shared_ptr<const MappedFile> mapping = {};  // the file behind the constants; null in memory
};

struct LoadOptions {
  std::string card;         // JSON; fields that replace those of the file's card
  int processing_size = 0;  // instead of the card's; not for .vseal files, whose graphs are fixed

  bool are_default() const { return card.empty() && processing_size <= 0; }
};

// Reads a model, by what the file holds: a .vseal file (card and graphs in the metadata), the nano
// family (card in the metadata of a safetensors file), or a checkpoint of the VideoSeal family
// (PyTorch or safetensors), whose card comes from shapes, `args` and LoadOptions::card. Errors name
// the tensors that are missing or misshapen; those that no network uses are listed and logged. The
// model keeps the mapping alive: weights in our layout are not copied, others are permuted when
// they are read. For "default" and "default-f32" the model inside the binary (default_form).
Result<std::shared_ptr<const Model>> load_model(const std::string& path,
                                                const LoadOptions& options = {});

// The forms of the model inside the binary: in 8-bit integers, quantised from the other, or in f32.
enum class DefaultForm { kInt8, kF32 };

// By name: "default" is kInt8, "default-f32" the other; none for any other name.
std::optional<DefaultForm> default_form(std::string_view name);

// The model inside the binary. Without options each form is built once, on first use; thread-safe.
// Options are for kF32: the graphs of kInt8 are those of a .vseal file.
Result<std::shared_ptr<const Model>> default_model(DefaultForm form = DefaultForm::kInt8,
                                                   const LoadOptions& options = {});

}  // namespace vseal::models
