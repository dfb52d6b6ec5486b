#include "workbench/eval/cases.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "media/raster_edit.h"
#include "workbench/eval/case_pictures.h"

namespace vseal::workbench {
namespace {

constexpr size_t kMostLost = 6;
constexpr size_t kMostVisible = 3;
constexpr double kLostBelow = 0.995;
constexpr int kThumbnailSide = 320;  // longest, in px
constexpr int kThumbnailQuality = 82;

Result<std::vector<uint8_t>> thumbnail(const media::Raster& picture) {
  const int longest = std::max(picture.width(), picture.height());
  const double factor = std::min(1.0, static_cast<double>(kThumbnailSide) / longest);
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * factor)));
  };
  VSEAL_ASSIGN_OR_RETURN(const media::Raster small,
                         media::resize(picture, scaled(picture.width()), scaled(picture.height())));
  return media::encode(small, media::PictureFormat::kJpeg, kThumbnailQuality);
}

// "crop" of "crop:0.5", "jpeg+crop" of "jpeg:60+crop:0.71".
std::string attack_kind(const std::string& attack) {
  std::string kind;
  bool in_number = false;
  for (const char c : attack) {
    in_number = c == ':' || (in_number && c != '+');
    if (!in_number) kind += c;
  }
  return kind;
}

const FileRecord* find_file(const EvalReport& report, const std::string& path) {
  for (const KindReport& kind : report.kinds) {
    for (const FileRecord& file : kind.files) {
      if (file.path == path) return &file;
    }
  }
  return nullptr;
}

Result<EvalCase> show(const EvalTools& tools, const EvalReport& report, const CaseKey& key) {
  const FileRecord* file = find_file(report, key.file);
  if (file == nullptr) return internal_error("[eval] expected a record of " + key.file);
  VSEAL_ASSIGN_OR_RETURN(const CasePictures pictures, show_again(tools, report, *file, key.attack));
  EvalCase out{key.file, key.attack, key.score, file->marked, {}, {}, {}, {}};
  VSEAL_ASSIGN_OR_RETURN(out.original, thumbnail(pictures.original));
  VSEAL_ASSIGN_OR_RETURN(out.mark, thumbnail(pictures.marked));
  VSEAL_ASSIGN_OR_RETURN(out.difference,
                         thumbnail(amplified_difference(pictures.original, pictures.marked)));
  VSEAL_ASSIGN_OR_RETURN(out.attacked, thumbnail(pictures.attacked));
  return out;
}

std::vector<CaseKey> pick_visible(const EvalReport& report) {
  std::vector<FileRecord> files;
  for (const KindReport& kind : report.kinds) {
    files.insert(files.end(), kind.files.begin(), kind.files.end());
  }
  std::ranges::stable_sort(files, {}, [](const FileRecord& f) { return f.marked.ssim; });
  std::vector<CaseKey> keys;
  for (size_t i = 0; i < std::min(files.size(), kMostVisible); ++i) {
    keys.push_back({files[i].path, "identity", {}});
  }
  return keys;
}

Result<std::vector<EvalCase>> show_all(const EvalTools& tools, const EvalReport& report,
                                       const std::vector<CaseKey>& keys) {
  std::vector<EvalCase> cases;
  for (const CaseKey& key : keys) {
    auto one = show(tools, report, key);
    if (!one.ok() && one.status().code() == Code::kOutOfMemory) return one.status();
    if (one.ok()) cases.push_back(std::move(*one));
  }
  return cases;
}

}  // namespace

std::vector<CaseKey> pick_lost(const EvalReport& report, double below, size_t most) {
  std::vector<CaseKey> all;
  for (const auto& [file, scores] : report.scores) {
    for (const auto& [attack, score] : scores) {
      if (score.accuracy() < below) all.push_back({file, attack, score});
    }
  }
  std::ranges::stable_sort(all, {}, [](const CaseKey& c) { return c.score.accuracy(); });
  std::vector<CaseKey> picked;
  std::set<std::string> kinds;
  for (const CaseKey& key : all) {
    if (picked.size() < most && kinds.insert(attack_kind(key.attack)).second) picked.push_back(key);
  }
  return picked;
}

Result<EvalCases> worst_cases(const EvalTools& tools, const EvalReport& report) {
  EvalCases cases;
  VSEAL_ASSIGN_OR_RETURN(cases.lost,
                         show_all(tools, report, pick_lost(report, kLostBelow, kMostLost)));
  VSEAL_ASSIGN_OR_RETURN(cases.visible, show_all(tools, report, pick_visible(report)));
  return cases;
}

}  // namespace vseal::workbench
