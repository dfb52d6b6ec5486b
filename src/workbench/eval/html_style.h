// How the page of an evaluation looks.
#pragma once

namespace vseal::workbench::html {

inline constexpr const char* kStyle = R"(
:root { --ink: #1c2126; --soft: #667079; --line: #e3e6e9; --bits: #2b6a99; --id: #c77d1e; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 26px; font-weight: 600; margin: 0 0 4px; }
h2 { font-size: 19px; font-weight: 600; margin: 44px 0 8px; }
h3 { font-size: 15px; font-weight: 600; margin: 28px 0 6px; }
p { margin: 6px 0; max-width: 76ch; }
.soft { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 14px 0; }
.tile { border: 1px solid var(--line); border-radius: 6px; padding: 10px 14px; flex: 1 1 150px; }
.tile b { display: block; font-size: 20px; font-weight: 600; }
.tile span { color: var(--soft); font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 2px 6px; text-align: right; }
td { white-space: nowrap; }
th { font-weight: 600; border-bottom: 1px solid var(--ink); vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td { border-bottom: 1px solid var(--line); }
th.wide, td.wide { text-align: left; }
td.group { padding-top: 14px; font-weight: 600; border-bottom: 1px solid var(--line); }
th small { display: block; font-weight: 400; color: var(--soft); }
.scroll { overflow-x: auto; }
table.figures { width: auto; font-size: 13px; } table.figures th, table.figures td { padding: 2px 7px; }
.own { font-weight: 600; color: var(--bits); }
svg.bar { vertical-align: middle; }
.track { fill: #f0f2f4; } .bits { fill: var(--bits); } .ids { fill: var(--id); } .worst { fill: var(--ink); }
.plots { display: flex; flex-wrap: wrap; gap: 10px 16px; }
svg text { fill: var(--ink); font-size: 12px; } svg text.name { font-weight: 600; font-size: 13px; }
svg text.tick { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); }
polyline { fill: none; stroke-width: 1.8; }
polyline.bits-line { stroke: var(--bits); } circle.bits-line { fill: var(--bits); }
polyline.id-line { stroke: var(--id); } circle.id-line { fill: var(--id); }
polyline.worst-line { stroke: var(--bits); stroke-width: 1.2; stroke-dasharray: 3 3; }
.key i { display: inline-block; width: 18px; height: 0; border-top: 2px solid; vertical-align: middle;
  margin: 0 6px 0 14px; } .key i:first-child { margin-left: 0; }
.key .k-bits { border-color: var(--bits); } .key .k-ids { border-color: var(--id); }
.key .k-worst { border-color: var(--bits); border-top-style: dashed; border-top-width: 1px; }
.case { margin: 18px 0 26px; }
.four { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; }
figure { margin: 0; } figure img { width: 100%; height: auto; display: block; background: #f0f2f4; }
figcaption { color: var(--soft); font-size: 12.5px; }
)";

}  // namespace vseal::workbench::html
