#include "workbench/eval/evaluate.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "workbench/digest.h"
#include "workbench/eval/eval_reader.h"
#include "workbench/eval/schedule.h"

namespace vseal::workbench {
namespace {

using pipeline::SourceKind;

Status check_settings(const EvalTools& tools, const EvalSettings& s) {
  const int written = tools.networks->card().bits, read = tools.reading()->card().bits;
  if (read != written) {
    return invalid_argument("reader: expected a model of " + std::to_string(written) +
                            " bits, as the one that marks, got one of " + std::to_string(read));
  }
  if (s.max_frames < 1 || s.max_frames > kMostEvalFrames) {
    return invalid_argument("max frames: expected 1 to " + std::to_string(kMostEvalFrames) +
                            ", got " + std::to_string(s.max_frames));
  }
  if (s.frame_step < 1) {
    return invalid_argument("frame step: expected at least 1, got " + std::to_string(s.frame_step));
  }
  if (!s.resume || !s.output.empty()) return {};
  return invalid_argument("resume: expected an output folder with earlier results");
}

// All that a result depends on beside the file and the attack.
std::string settings_json(const EvalTools& tools, const EvalSettings& s, int id_bits) {
  nlohmann::ordered_json json = {{"version", tools.version},
                                 {"model", tools.networks->card().name},
                                 {"model_sha256", tools.model_sha256},
                                 {"bits", tools.networks->card().bits},
                                 {"id_bits", id_bits},
                                 {"strength", s.marker.strength},
                                 {"psnr_db", nullptr},
                                 {"passes", s.marker.feedback_passes},
                                 {"seed", s.seed},
                                 {"search", watermark::search_name(s.search.mode)},
                                 {"max_frames", s.max_frames},
                                 {"frame_step", s.frame_step},
                                 {"reader", nullptr},
                                 {"reader_sha256", nullptr}};
  if (tools.reader != nullptr) {
    json["reader"] = tools.reader->card().name;
    json["reader_sha256"] = tools.reader_sha256;
  }
  if (s.marker.psnr_db.has_value()) json["psnr_db"] = *s.marker.psnr_db;
  return json.dump();
}

Result<std::vector<attacks::Attack>> attacks_for(SourceKind kind, const std::string& list) {
  const bool video = kind == SourceKind::kVideo;
  VSEAL_ASSIGN_OR_RETURN(std::vector<attacks::Attack> all,
                         attacks::parse_attacks(!list.empty() ? list
                                                : video       ? "video"
                                                              : "images"));
  if (!video) std::erase_if(all, [](const attacks::Attack& a) { return a.needs_video(); });
  if (!all.empty()) return all;
  return invalid_argument("attacks: expected some for pictures, got none but for videos");
}

class Evaluation {
 public:
  Evaluation(const EvalTools& tools, const EvalSettings& settings, const EvalProgress& progress)
      : tools_(tools), settings_(settings), progress_(progress) {}

  Result<EvalReport> run() {
    VSEAL_RETURN_IF_ERROR(plan());
    if (!settings_.output.empty()) VSEAL_RETURN_IF_ERROR(take_up());
    Schedule schedule(todo(), static_cast<size_t>(tools_.pool->threads()) + 1);
    schedule_ = &schedule;
    report_.jobs = schedule.jobs();
    tools_.pool->parallel_for(static_cast<size_t>(tools_.pool->threads()), 1,
                              [this](size_t, size_t) { work(); });
    schedule_ = nullptr;
    VSEAL_RETURN_IF_ERROR(fatal_);
    summarise_all();
    return std::move(report_);
  }

 private:
  struct File {
    EvalSource source;
    std::optional<FileRecord> record;
  };

  // What one thread works with.
  struct Worker {
    ThreadPool pool{1};
    std::unique_ptr<EvalReader> reader;
  };

  Status plan() {
    VSEAL_RETURN_IF_ERROR(check_settings(tools_, settings_));
    VSEAL_ASSIGN_OR_RETURN(report_.id_bits, choose_id_bits(tools_, settings_.id_bits));
    report_.version = tools_.version;
    report_.model = tools_.networks->card().name;
    report_.bits = tools_.networks->card().bits;
    report_.asked = settings_;
    report_.settings = settings_json(tools_, settings_, report_.id_bits);
    VSEAL_ASSIGN_OR_RETURN(std::vector<EvalSource> sources, collect_sources(settings_.inputs));
    for (EvalSource& source : sources) {
      std::vector<attacks::Attack>& list = attacks_[source.kind];
      if (list.empty()) {
        VSEAL_ASSIGN_OR_RETURN(list, attacks_for(source.kind, settings_.attacks));
      }
      files_.push_back({std::move(source), std::nullopt});
    }
    return {};
  }

  // Takes over what an earlier run has recorded.
  Status take_up() {
    VSEAL_ASSIGN_OR_RETURN(results_,
                           ResultsFile::open(settings_.output, report_.settings, settings_.resume));
    for (File& file : files_) {
      const auto known = results_->known().files.find(file.source.path);
      if (known == results_->known().files.end()) continue;
      VSEAL_ASSIGN_OR_RETURN(const std::string sha256, sha256_of_file(file.source.path));
      if (sha256 != known->second.sha256) {
        return invalid_argument(file.source.path +
                                ": expected the file that the results are of, got another one");
      }
      file.record = known->second;
      const auto scores = results_->known().scores.find(file.source.path);
      if (scores == results_->known().scores.end()) continue;
      for (const attacks::Attack& attack : attacks_[file.source.kind]) {
        const auto score = scores->second.find(attack.name());
        if (score == scores->second.end()) continue;
        report_.scores[file.source.path][attack.name()] = score->second;
        ++report_.resumed;
      }
    }
    return {};
  }

  // Of each file, the attacks that have no score yet.
  std::vector<std::vector<size_t>> todo() {
    std::vector<std::vector<size_t>> all;
    for (const File& file : files_) {
      std::vector<size_t> own;
      const auto& list = attacks_[file.source.kind];
      const auto& scores = report_.scores[file.source.path];
      for (size_t i = 0; i < list.size(); ++i) {
        if (!scores.contains(list[i].name())) own.push_back(i);
      }
      all.push_back(std::move(own));
    }
    return all;
  }

  void work() {
    Status status;
    try {
      status = do_jobs();
    } catch (const std::bad_alloc&) {
      status = Status(Code::kOutOfMemory, "[eval] out of memory");
    } catch (const std::exception& e) {
      status = internal_error(std::string("[eval] unexpected exception: ") + e.what());
    }
    if (status.ok()) return;
    const std::lock_guard lock(mutex_);
    if (fatal_.ok()) fatal_ = std::move(status);
    schedule_->stop();
  }

  Status do_jobs() {
    Worker worker;
    VSEAL_ASSIGN_OR_RETURN(worker.reader,
                           EvalReader::create(tools_, &worker.pool, settings_.search));
    while (const auto job = schedule_->next()) {
      if (job->attack.has_value()) {
        VSEAL_RETURN_IF_ERROR(do_attack(worker, *job));
      } else {
        VSEAL_RETURN_IF_ERROR(do_mark(worker, job->file));
      }
    }
    return {};
  }

  Status do_mark(Worker& worker, size_t at) {
    File& file = files_[at];
    auto subject = Subject::mark(tools_, file.source, settings_, &worker.pool);
    if (!subject.ok()) {
      VSEAL_RETURN_IF_ERROR(note_failure(file, "", subject.status()));
      return tell(static_cast<int64_t>(schedule_->marked(at, nullptr)));
    }
    if (!file.record.has_value()) {
      FileRecord record{file.source.path, file.source.kind, "", "", (*subject)->marked()};
      VSEAL_ASSIGN_OR_RETURN(record.sha256, sha256_of_file(file.source.path));
      const auto& id = (*subject)->message().id;
      if (id.has_value()) record.id = payload::format(*id);
      if (results_ != nullptr) VSEAL_RETURN_IF_ERROR(results_->append(record));
      file.record = std::move(record);  // nobody else touches it while the file is being marked
    }
    schedule_->marked(at, std::shared_ptr<const Subject>(std::move(*subject)));
    return {};
  }

  Status do_attack(Worker& worker, const Schedule::Job& job) {
    File& file = files_[job.file];
    const attacks::Attack& attack = attacks_[file.source.kind][*job.attack];
    const auto score = score_attack(worker, *job.subject, attack);
    if (!score.ok()) {
      VSEAL_RETURN_IF_ERROR(note_failure(file, attack.name(), score.status()));
    } else {
      if (results_ != nullptr) {
        VSEAL_RETURN_IF_ERROR(results_->append(file.source.path, attack.name(), *score));
      }
      const std::lock_guard lock(mutex_);
      report_.scores[file.source.path][attack.name()] = *score;
    }
    schedule_->attacked(job.file);
    return tell(1);
  }

  static Result<Score> score_attack(Worker& worker, const Subject& subject,
                                    const attacks::Attack& attack) {
    worker.reader->begin();
    VSEAL_RETURN_IF_ERROR(subject.attack(
        attack, &worker.pool, [&](const FrameView& frame) { return worker.reader->add(frame); }));
    VSEAL_ASSIGN_OR_RETURN(const EvalReading reading, worker.reader->finish());
    return score_reading(reading, subject.message());
  }

  // What one file or attack did not allow is reported at the end; what would go wrong with all the
  // others as well ends the evaluation.
  Status note_failure(const File& file, const std::string& attack, const Status& status) {
    if (status.code() == Code::kOutOfMemory) return status;
    const std::lock_guard lock(mutex_);
    report_.failures.push_back({file.source.path, attack, status});
    return {};
  }

  Status tell(int64_t jobs) {
    const std::lock_guard lock(mutex_);
    done_ += jobs;
    if (!progress_ || progress_(done_, report_.jobs)) return {};
    return Status(Code::kCancelled, "cancelled");
  }

  void summarise_all() {
    for (const SourceKind kind : {SourceKind::kPicture, SourceKind::kVideo}) {
      KindReport own;
      own.kind = kind;
      for (const File& file : files_) {
        if (file.source.kind == kind && file.record.has_value()) own.files.push_back(*file.record);
      }
      if (!attacks_.contains(kind)) continue;
      add_quality(own);
      for (const attacks::Attack& attack : attacks_[kind]) {
        own.attacks.push_back(summarise_attack(kind, attack.name()));
      }
      report_.kinds.push_back(std::move(own));
    }
    std::ranges::sort(report_.failures, {},
                      [](const EvalFailure& f) { return std::pair(f.file, f.attack); });
  }

  static void add_quality(KindReport& kind) {
    if (kind.files.empty()) return;
    const double count = static_cast<double>(kind.files.size());
    kind.worst_psnr_db = kind.files.front().marked.psnr_db;
    kind.worst_ssim = kind.files.front().marked.ssim;
    for (const FileRecord& file : kind.files) {
      kind.psnr_db += file.marked.psnr_db / count;
      kind.ssim += file.marked.ssim / count;
      kind.worst_psnr_db = std::min(kind.worst_psnr_db, file.marked.psnr_db);
      kind.worst_ssim = std::min(kind.worst_ssim, file.marked.ssim);
    }
  }

  AttackSummary summarise_attack(SourceKind kind, const std::string& attack) {
    std::vector<FileScore> scores;
    for (const File& file : files_) {
      if (file.source.kind != kind) continue;
      const auto& own = report_.scores[file.source.path];
      const auto score = own.find(attack);
      scores.push_back({file.source.path, score == own.end() ? std::optional<Score>()
                                                             : std::optional(score->second)});
    }
    return summarise(kind, attack, report_.id_bits > 0, scores);
  }

  const EvalTools& tools_;
  const EvalSettings& settings_;
  const EvalProgress& progress_;
  std::vector<File> files_;
  std::map<SourceKind, std::vector<attacks::Attack>> attacks_;
  std::unique_ptr<ResultsFile> results_;  // null without an output folder
  Schedule* schedule_ = nullptr;
  std::mutex mutex_;  // of all below
  EvalReport report_;
  Status fatal_;
  int64_t done_ = 0;
};

}  // namespace

Result<EvalReport> evaluate(const EvalTools& tools, const EvalSettings& settings,
                            const EvalProgress& progress) {
  return Evaluation(tools, settings, progress).run();
}

}  // namespace vseal::workbench
