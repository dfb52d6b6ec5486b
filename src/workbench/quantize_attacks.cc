#include "workbench/quantize_attacks.h"

#include "watermark/networks.h"
#include "workbench/eval/evaluate.h"

namespace vseal::workbench {

const char* const kQuantizeAttacks =
    "identity,jpeg:75,jpeg:40,resize:0.5,blur:2,brightness:0.5,contrast:0.5,noise:10";

Result<std::vector<PairUnderAttack>> attack_pairs(
    const std::vector<std::string>& paths, const ModelForm& whole, const ModelForm& quantized,
    ThreadPool& pool, const std::function<bool(const char* stage, int done, int total)>& progress) {
  struct Form {
    std::string name;
    std::shared_ptr<const watermark::Networks> networks;
  };
  std::vector<Form> forms;
  for (const ModelForm* form : {&whole, &quantized}) {
    VSEAL_ASSIGN_OR_RETURN(auto networks, watermark::Networks::compile(*form->model));
    forms.push_back({form->name, std::move(networks)});
  }
  EvalSettings settings;
  settings.inputs = paths;
  settings.attacks = kQuantizeAttacks;
  settings.search.mode = watermark::SearchMode::kNone;
  std::vector<PairUnderAttack> pairs;
  for (const Form& marks : forms) {
    for (const Form& reads : forms) {
      EvalTools tools{.networks = marks.networks, .codec = nullptr, .pool = &pool};
      tools.reader = reads.networks;
      const std::string stage = "attacks: " + marks.name + " marks, " + reads.name + " reads";
      VSEAL_ASSIGN_OR_RETURN(
          const EvalReport report, evaluate(tools, settings, [&](int64_t done, int64_t total) {
            return !progress ||
                   progress(stage.c_str(), static_cast<int>(done), static_cast<int>(total));
          }));
      if (report.kinds.empty()) return corrupt_input("[quantize] expected pictures to attack");
      pairs.push_back({marks.name, reads.name, report.kinds[0].psnr_db, report.kinds[0].attacks});
    }
  }
  return pairs;
}

}  // namespace vseal::workbench
