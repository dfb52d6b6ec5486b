#include "workbench/eval/eval_output.h"

#include "base/atomic_file.h"
#include "workbench/eval/cases.h"
#include "workbench/eval/eval_json.h"
#include "workbench/eval/html_page.h"

namespace vseal::workbench {
namespace {

Status write_file(const std::string& path, const std::string& text) {
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path, IfExists::kOverwrite));
  VSEAL_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(text))).with_context(path));
  return file.commit();
}

}  // namespace

Status write_eval(const EvalTools& tools, const EvalReport& report) {
  const std::string& folder = report.asked.output;
  if (folder.empty()) return {};
  VSEAL_RETURN_IF_ERROR(write_file(folder + "/summary.csv", eval_csv(report)));
  VSEAL_RETURN_IF_ERROR(write_file(folder + "/summary.json", eval_json(report) + "\n"));
  VSEAL_ASSIGN_OR_RETURN(const EvalCases cases, worst_cases(tools, report));
  return write_file(folder + "/index.html", eval_page(report, cases));
}

}  // namespace vseal::workbench
