#include "apps/command_texts.h"

namespace vseal::cli {
namespace {

constexpr CommandText kEmbed = {
    "embed", "Mark a picture or a video with an ID",
    "Writes OUTPUT as a copy of INPUT whose picture carries the ID invisibly. Of a video, the "
    "luma of one stream is marked and encoded again, by default with the input's own codec; "
    "audio, subtitles, chapters, metadata and timestamps are carried over untouched. Of a "
    "picture, the colour profile, EXIF, XMP and transparency are kept. The written file is read "
    "back before it gets its name: OUTPUT appears whole and readable, or not at all.",
    "vseal embed holiday.jpg marked.jpg --id 4711   # a picture\n"
    "vseal embed clip.mp4 marked.mp4 --id 4711 --crf 20   # a video\n"
    "vseal embed a.mkv b.mkv --id 0x550e8400e29b41d4 --key-file key.bin   # only who has "
    "the key can read it\n"
    "vseal embed a.jpg b.jpg --id 4711 --survive jpeg:30,resize:0.5   # tried before it is "
    "written\n"
    "vseal embed a.png b.png --bits 0x$(openssl rand -hex 16)   # 128 raw bits\n"
    "ffmpeg -i a.mp4 -f yuv4mpegpipe - | vseal embed - - --id 7 | ffmpeg -i - b.mp4   # in a "
    "pipe"};

constexpr CommandText kDetect = {
    "detect", "Read the ID of a picture or a video",
    "Prints the ID, the verdict and a bound on the chance that an unmarked file gives this "
    "verdict. Frames of a video are sampled and pooled; reading stops as soon as the ID is "
    "certain.",
    "vseal detect marked.mp4   # 4711  present  p < 2.2e-27  1 of 72 frames read\n"
    "vseal detect --json *.jpg   # one object a line\n"
    "vseal detect marked.jpg --expect 4711   # is it this one?\n"
    "vseal detect --search full screenshot.png   # cropped, scaled, turned\n"
    "vseal detect marked.jpg --raw   # the model's bits as they are"};

constexpr CommandText kEval = {
    "eval", "Measure how much of a model's marks survives attacks",
    "Marks pictures and clips with random IDs in memory, attacks them in many ways, reads them "
    "and prints, for each attack: the share of bits that came back, on the mean and from the "
    "worst file; the share of files that gave their exact ID back; what the bits can carry; and "
    "the chance of as many right bits without a mark. With an output folder every result is "
    "written as it comes, and --resume goes on where a run was interrupted.",
    "vseal eval pictures/ -o results   # the grid of pictures, with a page of plots\n"
    "vseal eval clip.mp4 --attacks x264:23,x264:30 --max-frames 240   # ten seconds, two "
    "attacks\n"
    "vseal eval pictures/ --model videoseal.vseal -o results-videoseal   # another model\n"
    "vseal eval pictures/ -o results --resume   # what an interrupted run has left"};

constexpr CommandText kQuantize = {
    "quantize", "Make a model compute in 8-bit integers",
    "Measures on pictures what both networks of a float model hold, and writes a .vseal file "
    "whose convolutions and products run on integers, measured against the float model.",
    "vseal quantize --data pictures/ -o small-int8.vseal   # the model inside vseal\n"
    "vseal quantize videoseal.vseal --data pictures/ -o int8.vseal --report report   # with "
    "plots"};

constexpr CommandText kBench = {
    "bench", "Time a model's networks on this machine",
    "Runs the embedder and the detector in turn on made-up pictures of the size that they see, "
    "and prints what a run takes (the median, and between which times eight of ten runs lie), "
    "multiply-adds a second, and their share of the machine's peak, which is measured in the same "
    "run for what the network computes in. A convolution by Winograd's method saves products and "
    "may pass the peak. Start-up is loading the model and packing its weights.",
    "vseal bench   # the model inside vseal, on all cores\n"
    "vseal bench --model videoseal-1.0 --threads 1 --layers   # layer by layer\n"
    "VSEAL_ISA=avx2 vseal bench --json   # on another instruction set"};

constexpr CommandText kModelInfo = {
    "model info", "Describe a model",
    "Prints what a model's card says, how long an ID it can carry, and the size and work of "
    "both "
    "networks.",
    "vseal model info   # the model inside vseal\n"
    "vseal model info videoseal.vseal --ops   # every op of another"};

constexpr CommandText kModelConvert = {
    "model convert", "Convert a checkpoint into a .vseal file",
    "Reads PyTorch checkpoints (.pth, .pt), TorchScript archives and safetensors of the "
    "VideoSeal "
    "family (VideoSeal 1.0 and 0.0, PixelSeal, ChunkySeal) as they are; nothing in them is run. "
    "Sizes come from the tensors, the card from the checkpoint and --card. A tensor that is "
    "missing or misshapen is an error; others are listed.",
    "vseal model convert y_256b_img.pth -o videoseal.vseal   # the official VideoSeal 1.0\n"
    "vseal embed a.jpg b.jpg --id 4711 --model videoseal.vseal   # and its use"};

constexpr CommandText kModelCheck = {
    "model check", "Test that a model reads what it writes",
    "Marks a known picture with a fixed message and reads it back. Exit code 1 when the bits "
    "that "
    "come back may be chance.",
    "vseal model check --model videoseal.vseal   # after a conversion"};

constexpr CommandText kModelFetch = {
    "model fetch", "Download and convert an official model",
    "Downloads the checkpoint from where its authors offer it, converts it and puts it into the "
    "user's folder of models, where --model NAME finds it. A broken download is resumed. The "
    "weights are Meta's, under the licence that comes with them.",
    "vseal model fetch videoseal-1.0   # 228 MB\n"
    "vseal embed a.jpg b.jpg --id 4711 --model videoseal-1.0   # and its use"};

constexpr CommandText kExport = {
    "export", "Write a model's networks as files for phones and browsers",
    "Writes embedder and detector as files that stock runtimes load and run without vseal: "
    ".tflite "
    "for LiteRT, .onnx for ONNX Runtime and others. What goes in and comes out is part of each "
    "file's metadata and described in "
    "docs/phones.md. Every file is checked for what runtimes do not check before it gets its "
    "name.",
    "vseal export --format tflite -o phone/   # the model inside vseal\n"
    "vseal export videoseal-1.0 --format tflite --precision dynamic -o phone/   # a quarter of "
    "the size\n"
    "vseal export --format onnx -o web/   # for ONNX Runtime\n"
    "vseal export --format tflite --part embedder --with-jnd -o phone/   # the whole change of "
    "a "
    "picture"};

}  // namespace

const std::vector<CommandText>& command_texts() {
  static const std::vector<CommandText> kTexts = {
      kEmbed,     kDetect,       kEval,       kQuantize,   kBench,
      kModelInfo, kModelConvert, kModelCheck, kModelFetch, kExport};
  return kTexts;
}

const char* exit_code_text() {
  return "0   done; detect: a mark is present, or raw bits were read\n"
         "1   detect: no mark, or raw bits that do not match\n"
         "3   detect: uncertain\n"
         "4   embed: the marked file, or one after an attack of --survive, did not give its ID or "
         "bits back, and was removed\n"
         "64  wrong usage\n"
         "65  the input is damaged or of a kind that vseal does not handle\n"
         "66  the input does not exist or cannot be read\n"
         "69  something that this needs is not available, such as an encoder\n"
         "70  a bug of vseal\n"
         "73  the output cannot be created\n"
         "74  reading or writing failed\n"
         "75  try again later\n"
         "130 interrupted";
}

const char* environment_text() {
  return "VSEAL_KEY       the secret key itself, when --key-file is not given\n"
         "VSEAL_KEY_FILE  the file of the secret key, when neither is given\n"
         "VSEAL_ISA       instruction set of the kernels, such as avx2; the best one by default";
}

}  // namespace vseal::cli
