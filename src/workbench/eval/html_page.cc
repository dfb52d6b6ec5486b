#include "workbench/eval/html_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "workbench/eval/html_plots.h"
#include "workbench/eval/html_style.h"
#include "workbench/eval/html_text.h"
#include "workbench/eval/published.h"

namespace vseal::workbench {
namespace {

using html::escaped;
using html::percent;

bool is_video(const KindReport& kind) { return kind.kind == pipeline::SourceKind::kVideo; }

std::string counted(size_t count, const char* one, const char* several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

std::string files_text(const KindReport& kind) {
  return is_video(kind) ? counted(kind.files.size(), "clip", "clips")
                        : counted(kind.files.size(), "picture", "pictures");
}

// ---- what stands on top ----

std::string settings_text(const EvalReport& report) {
  const EvalSettings& s = report.asked;
  const std::string strength = s.marker.psnr_db.has_value()
                                   ? fmt::format("at {:g} dB", *s.marker.psnr_db)
                                   : fmt::format("at strength {:g}", s.marker.strength);
  const std::string ids =
      report.id_bits > 0 ? fmt::format(", random IDs of {} bits", report.id_bits) : "";
  return fmt::format("{} bits a message{}, marked {} with {}; seed {}; vseal {}.", report.bits, ids,
                     strength,
                     counted(static_cast<size_t>(s.marker.feedback_passes), "pass of feedback",
                             "passes of feedback"),
                     s.seed, escaped(report.version));
}

std::string tile(const std::string& value, const std::string& what) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", value, what);
}

std::string tiles(const KindReport& kind) {
  std::string out = "<div class=\"tiles\">";
  out += tile(fmt::format("{:.2f} dB", kind.psnr_db),
              fmt::format("PSNR of the mark; worst {:.2f}", kind.worst_psnr_db));
  out += tile(fmt::format("{:.4f}", kind.ssim), fmt::format("SSIM; worst {:.4f}", kind.worst_ssim));
  double bits = 0, ids = 0;
  int scored = 0;
  for (const AttackSummary& a : kind.attacks) {
    if (a.files == 0) continue;
    ++scored;
    bits += a.accuracy;
    ids += a.id_rate.value_or(0);
    if (a.attack == "identity") out += tile(percent(a.accuracy) + " %", "bits right, no attack");
  }
  if (scored == 0) return out + "</div>";
  out += tile(percent(bits / scored) + " %",
              "bits right, mean of " + counted(static_cast<size_t>(scored), "attack", "attacks"));
  if (kind.attacks.front().id_rate.has_value()) {
    out += tile(percent(ids / scored) + " %", "exact IDs, mean of the same");
  }
  return out + "</div>";
}

// ---- all attacks ----

const char* family_of(const std::string& attack) {
  static constexpr std::array<std::pair<const char*, const char*>, 34> kFamilies = {{
      {"identity", "No attack"},
      {"flip", "Geometry"},
      {"rotate", "Geometry"},
      {"turn", "Geometry"},
      {"resize", "Geometry"},
      {"height", "Geometry"},
      {"crop", "Geometry"},
      {"window", "Geometry"},
      {"zoom", "Geometry"},
      {"aspect", "Geometry"},
      {"perspective", "Geometry"},
      {"pad", "Geometry"},
      {"inset", "Geometry"},
      {"brightness", "Colour"},
      {"contrast", "Colour"},
      {"gamma", "Colour"},
      {"saturation", "Colour"},
      {"hue", "Colour"},
      {"grey", "Colour"},
      {"jpeg", "Compression"},
      {"webp", "Compression"},
      {"avif", "Compression"},
      {"x264", "Compression"},
      {"x264rgb", "Compression"},
      {"x265", "Compression"},
      {"vp9", "Compression"},
      {"av1", "Compression"},
      {"blur", "Filters and noise"},
      {"median", "Filters and noise"},
      {"noise", "Filters and noise"},
      {"fps", "Time"},
      {"drop", "Time"},
      {"speed", "Time"},
      {"cut", "Time"},
  }};
  if (attack.find('+') != std::string::npos) return "Several in a row";
  const std::string name = attack.substr(0, attack.find(':'));
  for (const auto& [known, family] : kFamilies) {
    if (name == known) return family;
  }
  return "Others";
}

std::string attack_row(const AttackSummary& a) {
  if (a.files == 0) {
    return fmt::format("<tr><td>{}</td><td class=\"wide soft\" colspan=\"8\">failed</td></tr>\n",
                       escaped(a.attack));
  }
  std::string row =
      fmt::format("<tr><td>{}</td><td class=\"wide\">{}</td><td>{}</td>", escaped(a.attack),
                  html::bar(a.accuracy, 0.5, "bits", a.worst_accuracy), percent(a.accuracy));
  row += fmt::format("<td title=\"{}\">{}</td>", escaped(a.worst_file), percent(a.worst_accuracy));
  if (a.id_rate.has_value()) {
    row += fmt::format("<td class=\"wide\">{}</td><td>{}</td>",
                       html::bar(*a.id_rate, 0, "ids", std::nullopt), percent(*a.id_rate));
  } else {
    row += "<td></td><td></td>";
  }
  return row + fmt::format("<td>{:.1f}</td><td>{}</td><td>{}</td></tr>\n", a.capacity,
                           html::probability(a.median_p_value), percent(a.detected));
}

std::string attack_table(const KindReport& kind) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>attack</th>"
      "<th class=\"wide\">bits right<small>50 to 100 %; tick: worst</small></th>"
      "<th>mean<small>%</small></th><th>worst<small>%</small></th>"
      "<th class=\"wide\">exact ID<small>0 to 100 % of "
      "files</small></th><th>ID<small>%</small></th>"
      "<th>capacity<small>bits</small></th><th>median p<small>by chance</small></th><th>p &lt; "
      "1e-6<small>% of files</small></th></tr></thead>"
      "<tbody>\n";
  for (const char* family : {"No attack", "Geometry", "Colour", "Compression", "Filters and noise",
                             "Time", "Several in a row", "Others"}) {
    std::string rows;
    for (const AttackSummary& a : kind.attacks) {
      if (std::string_view(family_of(a.attack)) == family) rows += attack_row(a);
    }
    if (rows.empty()) continue;
    out += fmt::format("<tr><td class=\"group\" colspan=\"9\">{}</td></tr>\n", family) + rows;
  }
  return out + "</tbody></table></div>\n";
}

std::string curves(const KindReport& kind) {
  const std::vector<html::Curve> families = html::find_curves(kind.attacks);
  if (families.empty()) return "";
  std::string out =
      "<h3>Attacks by how strong they are</h3><p class=\"key soft\">"
      "<i class=\"k-bits\"></i>bits right, % (50: chance)"
      "<i class=\"k-worst\"></i>of the worst file"
      "<i class=\"k-ids\"></i>files that gave their exact ID back, %</p><div class=\"plots\">\n";
  for (const html::Curve& family : families) out += html::plot(family) + "\n";
  return out + "</div>\n";
}

// ---- others' figures ----

std::string cell(double figure) {
  return figure > 0 ? fmt::format("<td>{:.1f}</td>", figure) : "<td class=\"soft\">–</td>";
}

std::string published_head(const EvalReport& report, const KindReport& kind,
                           const PublishedTable& table) {
  std::string out = fmt::format(
      "<thead><tr><th>bit accuracy, %</th><th class=\"own\">this page<small>{} bits</small></th>",
      report.bits);
  for (const PublishedSystem& s : table.systems) {
    out += fmt::format("<th>{}<small>{} bits</small></th>", s.name, s.bits);
  }
  out += fmt::format("</tr></thead><tbody><tr><td>PSNR, dB</td><td class=\"own\">{:.1f}</td>",
                     kind.psnr_db);
  for (const PublishedSystem& s : table.systems) out += cell(s.psnr_db);
  out += fmt::format("</tr><tr><td>data</td><td class=\"own\">{}</td>", files_text(kind));
  for (const PublishedSystem& s : table.systems) {
    const std::string_view data = s.data;
    out += fmt::format("<td>{}</td>", data.substr(0, data.find(',')));
  }
  return out + "</tr>\n";
}

std::string published_sources(const PublishedTable& table) {
  std::string out = "<p class=\"soft\">Sources: ";
  std::set<std::string> told;
  for (const PublishedSystem& s : table.systems) {
    const std::string text = fmt::format("{} on {}", s.source, s.data);
    if (told.insert(text).second) out += (told.size() > 1 ? "; " : "") + escaped(text);
  }
  return out + ".</p>\n";
}

std::string published(const EvalReport& report, const KindReport& kind) {
  const PublishedTable table = published_figures(kind.kind);
  std::string rows;
  for (const PublishedFigure& figure : table.figures) {
    const auto own = std::ranges::find(kind.attacks, figure.attack, &AttackSummary::attack);
    if (own == kind.attacks.end() || own->files == 0) continue;
    rows += fmt::format("<tr><td>{}</td><td class=\"own\">{:.1f}</td>", figure.attack,
                        100 * own->accuracy);
    for (size_t i = 0; i < table.systems.size(); ++i) rows += cell(figure.bit_percent[i]);
    rows += "</tr>\n";
  }
  if (rows.empty()) return "";
  return fmt::format("<h3>Beside published figures</h3><p>{}</p>", table.caveat) +
         "<div class=\"scroll\"><table class=\"figures\">" + published_head(report, kind, table) +
         rows + "</tbody></table></div>\n" + published_sources(table);
}

// ---- cases ----

std::string figure(const std::vector<uint8_t>& jpeg, const std::string& caption) {
  return fmt::format("<figure><img src=\"{}\" alt=\"{}\"/><figcaption>{}</figcaption></figure>",
                     html::jpeg_uri(jpeg), caption, caption);
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string lost_case(const EvalCase& c) {
  return fmt::format("<div class=\"case\"><h3>{}, {}: {} of {} bits right</h3><div class=\"four\">",
                     escaped(c.attack), escaped(file_name(c.file)), c.score.bits_right,
                     c.score.bits) +
         figure(c.original, "original") +
         figure(c.mark, fmt::format("marked, {:.1f} dB", c.marked.psnr_db)) +
         figure(c.difference, "difference, 10 times") +
         figure(c.attacked, "attacked; ID " + std::string(c.score.id_found ? "read" : "not read")) +
         "</div></div>\n";
}

std::string visible_case(const EvalCase& c) {
  return fmt::format("<div class=\"case\"><h3>{}: SSIM {:.4f}, {:.2f} dB</h3><div class=\"four\">",
                     escaped(file_name(c.file)), c.marked.ssim, c.marked.psnr_db) +
         figure(c.original, "original") + figure(c.mark, "marked") +
         figure(c.difference, "difference, 10 times") + "</div></div>\n";
}

std::string case_sections(const EvalCases& cases) {
  std::string out;
  if (!cases.lost.empty()) {
    out +=
        "<h2>Worst cases</h2><p class=\"soft\">The fewest bits right, each kind of attack once. Of "
        "clips, the first frame. Scaled down; the difference was taken at full size.</p>\n";
  }
  for (const EvalCase& c : cases.lost) out += lost_case(c);
  if (!cases.visible.empty()) {
    out += "<h2>Where the mark is most visible</h2><p class=\"soft\">The lowest SSIM.</p>\n";
  }
  for (const EvalCase& c : cases.visible) out += visible_case(c);
  return out;
}

// ---- the rest ----

std::string failures(const EvalReport& report) {
  if (report.failures.empty()) return "";
  std::string out = "<h2>What failed</h2><table><tbody>\n";
  for (const EvalFailure& f : report.failures) {
    out += fmt::format("<tr><td>{}</td><td class=\"wide\">{}</td><td class=\"wide\">{}</td></tr>\n",
                       escaped(f.file), escaped(f.attack), escaped(f.status.message()));
  }
  return out + "</tbody></table>\n";
}

std::string method(const EvalReport& report) {
  std::string out =
      "<h2>How this was measured</h2><p>Each file is marked in memory, attacked, and read once. "
      "Bits right: share of the message's bits whose logit has the right sign. Exact ID: the "
      "decoder, which does not know the ID, says that one is present, and it is the one that was "
      "put in. Capacity: n (1 - H(p)) for n bits of which the mean share p is right. Median p: "
      "chance of as many right bits without a mark, for who knows the message. PSNR is over R, G "
      "and B, SSIM over luma, both of the mark before any attack.</p>";
  if (std::ranges::any_of(report.kinds, is_video)) {
    out += fmt::format(
        "<p>Clips: the first {} frames; every {} of the attacked frames is read and their logits "
        "are pooled. PSNR and SSIM are of every eighth frame.</p>",
        report.asked.max_frames,
        report.asked.frame_step == 1 ? "one" : fmt::format("{}th", report.asked.frame_step));
  }
  return out + "<p class=\"soft\">docs/eval.md defines every attack.</p>\n";
}

}  // namespace

std::string eval_page(const EvalReport& report, const EvalCases& cases) {
  const std::string title = "vseal eval: " + escaped(report.model);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head>"
      "<meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/>"
      "<title>{}</title><style>{}</style></head><body><main>\n<h1>{}</h1>\n<p "
      "class=\"soft\">{}</p>\n",
      title, html::kStyle, title, settings_text(report));
  for (const KindReport& kind : report.kinds) {
    const std::string files = files_text(kind);
    out += fmt::format("<h2>{}</h2>\n", files) + tiles(kind) + attack_table(kind) + curves(kind) +
           published(report, kind);
  }
  return out + case_sections(cases) + failures(report) + method(report) + "</main></body></html>\n";
}

}  // namespace vseal::workbench
