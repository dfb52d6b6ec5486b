#include "apps/embed_options.h"

#include "apps/strength_options.h"

namespace vseal::cli {
namespace {

void add_embed_pictures(CLI::App& command, EmbedSettings& s) {
  const std::string group = "Pictures";
  command
      .add_option("--quality", s.quality,
                  "JPEG, WebP, AVIF, HEIF quality; the input's own, else 92")
      ->type_name("1..100")
      ->check(CLI::Range(1, 100))
      ->group(group);
  command
      .add_option("--chroma", s.chroma,
                  "Chroma sampling of JPEG, AVIF and HEIF; the input's own, else 444")
      ->type_name("420|444")
      ->check(CLI::IsMember(chromas()))
      ->group(group);
  command.add_flag("--lossless", s.lossless, "Lossless WebP or AVIF")->group(group);
}

void add_embed_video(CLI::App& command, EmbedSettings& s) {
  const std::string group = "Video";
  command
      .add_option("--codec", s.codec,
                  "x264, x265, svtav1, vp9, vp8, ffv1 or a libav encoder; as the input by default")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--crf", s.crf, "Constant rate factor of the encoder; lower is better")
      ->type_name("NUMBER")
      ->check(CLI::Range(0.0, 63.0))
      ->group(group);
  command.add_option("--preset", s.preset, "Preset of the encoder")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--encoder-options", s.encoder_options, "Further options of the encoder")
      ->type_name("KEY=VALUE:...")
      ->group(group);
  command
      .add_option("--container", s.container,
                  "Container format; by the output's name, Y4M on standard output")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--video-stream", s.video_stream, "Which stream to mark, by absolute index")
      ->type_name("INDEX")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  command
      .add_flag("--strict-streams", s.strict_streams,
                "Fail when the container cannot hold a stream, instead of dropping it")
      ->group(group);
  command
      .add_option("--step", s.step, "Run the embedder on every n-th frame; the model's own step")
      ->type_name("N")
      ->check(CLI::Range(1, 128))
      ->group(group);
  command
      .add_option("--video-mode", s.video_mode,
                  "What the frames between get: the same mark, none, or a mix of its neighbours'")
      ->type_name("MODE")
      ->check(CLI::IsMember(video_modes()))
      ->capture_default_str()
      ->group(group);
}

void add_survive(CLI::App& command, EmbedSettings& s) {
  auto* survive =
      command
          .add_option("--survive", s.survive,
                      "Attacks, as those of vseal eval, that are tried on the marked file; where "
                      "the ID does not come back it is marked again, 1 dB stronger")
          ->type_name("ATTACK,...")
          ->group(kStrengthGroup);
  command
      .add_option("--psnr-floor", s.psnr_floor_db,
                  "PSNR in RGB, in dB, at which --survive makes its last try")
      ->type_name("DB")
      ->check(CLI::Range(20.0, 60.0))
      ->capture_default_str()
      ->needs(survive)
      ->group(kStrengthGroup);
}

// What upstream's models know beside the strength.
void add_embed_model(CLI::App& command, EmbedSettings& s) {
  const std::string group = "Model";
  command
      .add_option("--scaling-w", s.scaling_w,
                  "Factor of the attenuated residual itself, in place of --strength")
      ->type_name("NUMBER")
      ->check(CLI::Range(1e-4, 100.0))
      ->excludes("--strength")
      ->excludes("--psnr")
      ->group(group);
  command
      .add_option("--jnd", s.jnd, "Where the heat map is taken: at full size, or at the model's")
      ->type_name("WHERE")
      ->check(CLI::IsMember(jnd_resolutions()))
      ->capture_default_str()
      ->group(group);
  command.add_option("--resize", s.resize, "How the picture becomes what the model sees")
      ->type_name("HOW")
      ->check(CLI::IsMember(resizes()))
      ->capture_default_str()
      ->group(group);
}

}  // namespace

const std::vector<std::string>& id_types() {
  static const std::vector<std::string> kTypes = {"auto", "integer", "hex", "uuid", "text"};
  return kTypes;
}

const std::vector<std::string>& chromas() {
  static const std::vector<std::string> kChromas = {"420", "444"};
  return kChromas;
}

const std::vector<std::string>& video_modes() {
  static const std::vector<std::string> kModes = {"repeat", "alternate", "interpolate"};
  return kModes;
}

const std::vector<std::string>& jnd_resolutions() {
  static const std::vector<std::string> kResolutions = {"native", "low"};
  return kResolutions;
}

const std::vector<std::string>& resizes() {
  static const std::vector<std::string> kResizes = {"antialiased", "plain"};
  return kResizes;
}

void add_embed(CLI::App& command, EmbedSettings& s) {
  command.add_option("input", s.input, "Picture or video; - for a stream on standard input")
      ->required()
      ->type_name("INPUT");
  command.add_option("output", s.output, "File to write; - for a stream on standard output")
      ->required()
      ->type_name("OUTPUT");
  auto* id = command.add_option("--id", s.id, "The ID: an integer, 0x hex, a UUID or a short text")
                 ->type_name("ID");
  command
      .add_option("--bits", s.bits,
                  "In place of an ID the model's bits as they are, 0101... or 0x hex; they are "
                  "neither coded nor keyed")
      ->type_name("BITS")
      ->excludes(id);
  command.callback([&s] {
    if (s.id.empty() && s.bits.empty()) throw CLI::RequiredError("--id or --bits");
  });
  command.add_option("--id-type", s.id_type, "How to read the ID")
      ->type_name("TYPE")
      ->check(CLI::IsMember(id_types()))
      ->capture_default_str();
  command.add_flag("--overwrite", s.overwrite, "Replace an output that exists");
  command.add_flag("--no-verify", s.no_verify, "Do not read the written file back");
  command.add_flag("--no-measure", s.no_measure, "Do not measure PSNR and SSIM of the mark");
  add_strength(command, s.strength, s.psnr_db, s.feedback);
  add_survive(command, s);
  add_embed_model(command, s);
  add_embed_pictures(command, s);
  add_embed_video(command, s);
}

}  // namespace vseal::cli
