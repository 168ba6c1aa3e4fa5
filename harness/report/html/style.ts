/** The style of a report: readable on a phone, in the dark, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --quiet: #59636e; --line: #d4d9de;
  --panel: #f5f7f9; --accent: #0b5cad; --good: #1a7f37; --bad: #b42318; --warn: #8a5a00; --bad-panel: #fdeceb; }
@media screen and (prefers-color-scheme: dark) { :root { --ground: #12161b; --ink: #e6e9ed; --quiet: #9aa5b1;
  --line: #343c46; --panel: #1b2129; --accent: #6cb2ff; --good: #56c271; --bad: #ff8a80; --warn: #e3b341;
  --bad-panel: #35191a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .5rem; }
p { margin: .5rem 0; }
a { color: var(--accent); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .3rem .6rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.lead { font-size: 1.1rem; color: var(--quiet); }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .875em; }
pre { background: var(--panel); padding: .7rem .9rem; border-radius: 6px; overflow-x: auto; margin: .5rem 0; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .6rem 0; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
caption { text-align: left; padding: .5rem .7rem; color: var(--quiet); }
th, td { padding: .35rem .7rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
tbody th { min-width: 11rem; }
thead th { border-top: 0; white-space: nowrap; background: var(--panel); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.wrong td, tr.wrong th { background: var(--bad-panel); }
tr.wrong th::before { content: "▶ "; color: var(--bad); }
.why { display: block; color: var(--bad); }
.verdict { font-weight: 600; } .verdict.bad { color: var(--bad); } .verdict.good { color: var(--good); }
details.violation { border: 1px solid var(--line); border-radius: 8px; margin: .8rem 0; }
details.violation > summary { padding: .7rem .9rem; cursor: pointer; font-weight: 600; }
details.violation > summary .kind { color: var(--bad); }
details.violation > summary small { display: block; font-weight: 400; color: var(--quiet); }
details.violation > div { padding: 0 .9rem 1rem; }
details details > summary { cursor: pointer; color: var(--accent); padding: .2rem 0; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg.bars { width: 100%; max-width: 45rem; height: auto; }
.bar0 { fill: var(--accent); } .bar1 { fill: var(--warn); } .bar2 { fill: var(--good); }
svg.timeline { display: block; max-width: none; }
.lane line { stroke: var(--line); } .lane text { fill: var(--quiet); }
.box rect { fill: var(--panel); stroke: var(--quiet); }
.box.durable rect { fill: var(--ink); stroke: var(--ink); } .box.durable text { fill: var(--ground); }
.box.reached rect { fill: var(--good); stroke: var(--good); } .box.reached text { fill: var(--ground); }
.box.partly rect { fill: var(--warn); stroke: var(--warn); } .box.partly text { fill: var(--ground); }
.box.lost rect { fill: none; stroke: var(--bad); stroke-dasharray: 3 2; } .box.lost text { fill: var(--bad); }
.flush line { stroke: var(--accent); stroke-width: 3; }
.guest rect { fill: var(--panel); stroke: var(--quiet); } .guest.open rect { stroke-dasharray: 4 3; }
.crash line { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 6 3; } .crash text { fill: var(--bad); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .3rem 0; list-style: none;
  font-size: .85rem; color: var(--quiet); }
.hint { font-size: .85rem; color: var(--quiet); }
.live { border: 1px solid var(--accent); border-radius: 8px; padding: .8rem .9rem; margin: 1.2rem 0; }
.live h3 { margin-top: 0; }
.live input[type=range] { width: 100%; accent-color: var(--accent); min-height: 2rem; }
.live fieldset { border: 0; padding: 0; margin: .6rem 0; } .live legend { padding: 0; font-weight: 600; }
.live label { display: block; padding: .3rem 0 .3rem 1.6rem; text-indent: -1.6rem; }
.live > label { padding-left: 0; text-indent: 0; } .live p label { display: inline; padding: 0; text-indent: 0; } .live input[type=checkbox] { accent-color: var(--accent);
  width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; margin: 0 .5rem 0 0; }
.live button, .live select { font: inherit; padding: .3rem .7rem; margin: .2rem .4rem .2rem 0; border-radius: 6px;
  border: 1px solid var(--line); background: var(--panel); color: var(--ink); cursor: pointer; }
.live ul { padding-left: 1.2rem; margin: .3rem 0; } .live .sub { padding-left: 1.7rem; }
@media (max-width: 30rem) { body { padding: 1rem .8rem 3rem; } h1 { font-size: 1.4rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: .5rem; } }
@media print { :root { color-scheme: light; --ground: #fff; --ink: #000; --panel: #f2f2f2; }
  body { max-width: none; padding: 0; font-size: 10pt; } .live, .skip { display: none; }
  .scroll { overflow: visible; border: 0; } svg.timeline { max-width: 100%; height: auto; }
  details.violation { break-inside: auto; border: 0; border-top: 1px solid #000; border-radius: 0; }
  h2, h3, summary { break-after: avoid; } tr, svg { break-inside: avoid; } pre { white-space: pre-wrap; } }
`;
