#include "workbench/eval/eval_reader.h"

namespace vseal::workbench {

Result<std::unique_ptr<EvalReader>> EvalReader::create(const EvalTools& tools, ThreadPool* pool,
                                                       const watermark::ReaderOptions& options) {
  auto reader = std::make_unique<EvalReader>();
  reader->codec_ = tools.codec;
  VSEAL_ASSIGN_OR_RETURN(reader->reader_, watermark::Reader::create(tools.networks, pool, options));
  return reader;
}

Result<EvalReading> EvalReader::finish() const {
  if (reader_->frames() == 0) return corrupt_input("the attack has left no frames");
  EvalReading reading;
  reading.logits.assign(reader_->logits().begin(), reader_->logits().end());
  reading.frames = reader_->frames();
  if (codec_ != nullptr) reading.id = codec_->decode(reading.logits);
  return reading;
}

}  // namespace vseal::workbench
