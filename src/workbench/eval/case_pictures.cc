#include "workbench/eval/case_pictures.h"

#include <algorithm>

namespace vseal::workbench {

Result<CasePictures> show_again(const EvalTools& tools, const EvalReport& report,
                                const FileRecord& file, const std::string& attack) {
  ThreadPool pool(1);
  VSEAL_ASSIGN_OR_RETURN(const attacks::Attack parsed, attacks::parse_attack(attack));
  VSEAL_ASSIGN_OR_RETURN(const auto subject,
                         Subject::mark(tools, {file.path, file.kind}, report.asked, &pool));
  return subject->show(parsed, &pool);
}

media::Raster amplified_difference(const media::Raster& original, const media::Raster& marked) {
  constexpr int kAmplification = 10;
  media::Raster out(original.width(), original.height());
  for (size_t i = 0; i < out.samples().size(); ++i) {
    const int difference = int{marked.samples()[i]} - int{original.samples()[i]};
    out.samples()[i] = static_cast<uint8_t>(std::clamp(128 + kAmplification * difference, 0, 255));
  }
  return out;
}

}  // namespace vseal::workbench
