#include "workbench/eval/looks.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "media/raster_edit.h"
#include "workbench/eval/case_pictures.h"
#include "workbench/eval/html_text.h"

namespace vseal::workbench {
namespace {

// Pressing on a marked picture shows its original in the same place, so that the eye compares them.
constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>
<title>vseal eval: marked pictures</title><style>
body { margin: 24px; font: 15px/1.5 system-ui, sans-serif; color: #1c2126; }
h2 { font-size: 16px; margin: 32px 0 6px; }
.look { display: flex; gap: 8px; overflow-x: auto; }
.pair { position: relative; flex: none; } .pair img { display: block; }
.pair .original { position: absolute; top: 0; left: 0; visibility: hidden; }
.pair:active .original { visibility: visible; }
</style></head><body>
<h1>Marked pictures</h1>
<p>One pixel of the file is one of the page. Hold the mouse down on a marked picture to see its
original in its place. On the right, 128 + 10 (marked - original).</p>
)";

Status write_png(const std::string& path, const media::Raster& picture) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<uint8_t> file,
                         media::encode(picture, media::PictureFormat::kPng, 100));
  return write_file(path, std::as_bytes(std::span(file)), IfExists::kOverwrite);
}

std::string section(const FileRecord& file, size_t number, const media::Raster& picture) {
  const std::string base = fmt::format("looks/{}", number);
  const std::string size =
      fmt::format("width=\"{}\" height=\"{}\"", picture.width(), picture.height());
  return fmt::format(
             "<h2>{}: {:.2f} dB, SSIM {:.4f}</h2>\n<div class=\"look\"><div class=\"pair\">",
             html::escaped(file.path.substr(file.path.rfind('/') + 1)), file.marked.psnr_db,
             file.marked.ssim) +
         fmt::format("<img src=\"{}-marked.png\" alt=\"marked\" draggable=\"false\" {}/>", base,
                     size) +
         fmt::format("<img class=\"original\" src=\"{}-original.png\" alt=\"original\" {}/></div>",
                     base, size) +
         fmt::format("<img src=\"{}-difference.png\" alt=\"difference\" {}/></div>\n", base, size);
}

}  // namespace

Status write_looks(const EvalTools& tools, const EvalReport& report) {
  const std::string& folder = report.asked.output;
  std::error_code error;
  std::filesystem::create_directories(folder + "/looks", error);
  if (error) return cannot_create(folder + "/looks: " + error.message());
  std::string page = kHead;
  size_t number = 0;
  for (const KindReport& kind : report.kinds) {
    for (const FileRecord& file : kind.files) {
      const auto shown = show_again(tools, report, file, "identity");
      if (!shown.ok() && shown.status().code() == Code::kOutOfMemory) return shown.status();
      if (!shown.ok()) continue;
      const std::string base = fmt::format("{}/looks/{}", folder, ++number);
      VSEAL_RETURN_IF_ERROR(write_png(base + "-original.png", shown->original));
      VSEAL_RETURN_IF_ERROR(write_png(base + "-marked.png", shown->marked));
      VSEAL_RETURN_IF_ERROR(write_png(base + "-difference.png",
                                      amplified_difference(shown->original, shown->marked)));
      page += section(file, number, shown->marked);
    }
  }
  page += "</body></html>\n";
  return write_file(folder + "/looks.html", std::as_bytes(std::span(page)), IfExists::kOverwrite);
}

}  // namespace vseal::workbench
