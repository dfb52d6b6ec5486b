#include "workbench/eval/eval_output.h"

#include "base/atomic_file.h"
#include "workbench/eval/cases.h"
#include "workbench/eval/eval_json.h"
#include "workbench/eval/html_page.h"
#include "workbench/eval/looks.h"

namespace vseal::workbench {

Status write_eval(const EvalTools& tools, const EvalReport& report) {
  const std::string& folder = report.asked.output;
  if (folder.empty()) return {};
  const auto write = [&](const char* name, const std::string& text) {
    return write_file(folder + name, std::as_bytes(std::span(text)), IfExists::kOverwrite);
  };
  VSEAL_RETURN_IF_ERROR(write("/summary.csv", eval_csv(report)));
  VSEAL_RETURN_IF_ERROR(write("/summary.json", eval_json(report) + "\n"));
  VSEAL_ASSIGN_OR_RETURN(const EvalCases cases, worst_cases(tools, report));
  VSEAL_RETURN_IF_ERROR(write("/index.html", eval_page(report, cases)));
  return report.asked.looks ? write_looks(tools, report) : Status();
}

}  // namespace vseal::workbench
