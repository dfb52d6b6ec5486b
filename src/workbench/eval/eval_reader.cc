#include "workbench/eval/eval_reader.h"

#include "pipeline/search_id.h"

namespace vseal::workbench {

Result<std::unique_ptr<EvalReader>> EvalReader::create(const EvalTools& tools, ThreadPool* pool,
                                                       const watermark::SearchOptions& search) {
  std::unique_ptr<EvalReader> reader(new EvalReader(tools, pool, search));
  VSEAL_ASSIGN_OR_RETURN(reader->reader_, watermark::Reader::create(tools.reading(), pool));
  return reader;
}

bool EvalReader::searches() const {
  return codec_ != nullptr && search_.mode != watermark::SearchMode::kNone;
}

void EvalReader::begin() {
  reader_->reset();
  search_frames_.clear();
}

Status EvalReader::add(const FrameView& frame) {
  VSEAL_RETURN_IF_ERROR(reader_->add(frame));
  const bool kept = searches() && pipeline::SearchFrames::takes(reader_->frames());
  return kept ? search_frames_.keep(frame) : Status();
}

Result<EvalReading> EvalReader::finish() {
  if (reader_->frames() == 0) return corrupt_input("the attack has left no frames");
  EvalReading reading;
  reading.logits.assign(reader_->logits().begin(), reader_->logits().end());
  reading.frames = reader_->frames();
  if (codec_ == nullptr) return reading;
  reading.id = codec_->decode(reading.logits, searches() ? pipeline::kSearchShare : 1);
  if (!searches() || reading.id.verdict == payload::Verdict::kPresent) return reading;
  VSEAL_ASSIGN_OR_RETURN(
      pipeline::SearchedId searched,
      pipeline::search_id(*codec_, *search_frames_.canvas(), search_, reading.id));
  if (searched.report.found) reading.logits = std::move(searched.logits);
  return reading;
}

}  // namespace vseal::workbench
