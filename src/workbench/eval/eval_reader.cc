#include "workbench/eval/eval_reader.h"

#include <bit>

#include "pipeline/search_id.h"

namespace vseal::workbench {
namespace {

constexpr int kMostSearched = 8;  // frames

}  // namespace

Result<std::unique_ptr<EvalReader>> EvalReader::create(const EvalTools& tools, ThreadPool* pool,
                                                       const watermark::SearchOptions& search) {
  auto reader = std::make_unique<EvalReader>();
  reader->networks_ = tools.reading();
  reader->codec_ = tools.codec;
  reader->pool_ = pool;
  reader->search_ = search;
  VSEAL_ASSIGN_OR_RETURN(reader->reader_, watermark::Reader::create(tools.reading(), pool));
  return reader;
}

Status EvalReader::begin() {
  reader_->reset();
  canvas_.reset();
  if (codec_ == nullptr || search_.mode == watermark::SearchMode::kNone) return {};
  VSEAL_ASSIGN_OR_RETURN(canvas_, watermark::CanvasReader::create(networks_, pool_));
  return {};
}

Status EvalReader::add(const FrameView& frame) {
  VSEAL_RETURN_IF_ERROR(reader_->add(frame));
  const bool kept = canvas_ != nullptr && canvas_->frames() < kMostSearched &&
                    std::has_single_bit(static_cast<unsigned>(reader_->frames()));
  return kept ? canvas_->add(frame) : Status();
}

Result<EvalReading> EvalReader::finish() {
  if (reader_->frames() == 0) return corrupt_input("the attack has left no frames");
  EvalReading reading;
  reading.logits.assign(reader_->logits().begin(), reader_->logits().end());
  reading.frames = reader_->frames();
  if (codec_ == nullptr) return reading;
  reading.id = codec_->decode(reading.logits, canvas_ != nullptr ? pipeline::kSearchShare : 1);
  if (canvas_ == nullptr || reading.id.verdict == payload::Verdict::kPresent) return reading;
  VSEAL_ASSIGN_OR_RETURN(pipeline::SearchedId searched,
                         pipeline::search_id(*codec_, *canvas_, search_, reading.id));
  if (searched.report.found) reading.logits = std::move(searched.logits);
  return reading;
}

}  // namespace vseal::workbench
