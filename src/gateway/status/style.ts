import { palette } from "../../base/palette.js";

/** The page's only style sheet; its hash stands in the policy. Widths that depend on numbers are attributes of SVG, which need no style. */
export const style = `
:root {
  color-scheme: light dark;
  ${palette.light}
  --accent-well: #e0f0ed;
  --dns: #8472c4; --tcp: #4a86c8; --proxy: #c98b2b; --login: #c06a4c; --tls: #3c9664; --identity: #a3619a; --http: #75808a;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    ${palette.dark}
    --accent-well: #17322f;
    --dns: #a695e0; --tcp: #6ea8e4; --proxy: #dca54c; --login: #dc8a6c; --tls: #5cb985; --identity: #c684bd; --http: #939ea8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.75rem clamp(0.75rem, 2.5vw, 2rem) 1.5rem; max-width: 88rem;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; -webkit-text-size-adjust: 100%;
}
h1, h2, h3, p, dl, dd, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.3rem; font-weight: 650; letter-spacing: -0.015em; line-height: 1.3; display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.7rem; }
h2 { font-size: 1rem; font-weight: 650; letter-spacing: -0.005em; margin-bottom: 0.75rem; }
h3 { font-size: 0.9rem; font-weight: 600; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
code, .endpoint, .hosts, .proxy { font-family: var(--mono); font-size: 0.87em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.fine { color: var(--soft); font-size: 0.82rem; line-height: 1.45; }
.empty, .lead { color: var(--soft); font-size: 0.9rem; max-width: 60ch; }
.count { color: var(--soft); font-weight: 500; margin-left: 0.25rem; }

header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; margin-bottom: 1.25rem; }
.mast { display: flex; align-items: center; gap: 0.9rem; }
.gate svg { display: block; width: 2.6rem; height: 2.6rem; }
.gate path:first-child { fill: var(--accent); }
.gate path:last-child { fill: var(--paper); }
.facts { display: flex; flex-wrap: wrap; gap: 0 1.1rem; color: var(--soft); font-size: 0.9rem; }
.facts code { color: var(--ink); }
button {
  font: inherit; font-size: 0.875rem; color: var(--ink); background: var(--card); border: 1px solid var(--line);
  border-radius: 7px; padding: 0.3rem 0.85rem; cursor: pointer;
}
button:hover { border-color: var(--soft); }
#pause { min-width: 5.6rem; }
#pause[hidden], #notice[hidden] { display: none; }
#notice, .notice { background: var(--warn-well); color: var(--warn); border-radius: 8px; padding: 0.6rem 0.9rem; margin-bottom: 1rem; font-size: 0.9rem; }
.notice a { color: inherit; }

.badge { display: inline-block; border-radius: 99px; padding: 0 0.55rem; font: 500 0.76rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; letter-spacing: 0; background: var(--well); color: var(--soft); white-space: nowrap; max-width: 100%; overflow: hidden; text-overflow: ellipsis; vertical-align: middle; }
.badge.good { background: var(--good-well); color: var(--good); }
.badge.warn { background: var(--warn-well); color: var(--warn); }
.badge.bad { background: var(--bad-well); color: var(--bad); }
.badge.accent { background: var(--accent-well); color: var(--accent); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; margin-bottom: 1rem; }
.figures > div { background: var(--card); padding: 0.7rem 1rem 0.8rem; }
dt { color: var(--soft); font-size: 0.8rem; }
dd { font-size: 1.3rem; font-weight: 600; letter-spacing: -0.02em; line-height: 1.25; }
dd.bad { color: var(--bad); }
dd.warn { color: var(--warn); }

.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem 1.1rem; margin-bottom: 1rem; min-width: 0; }
.columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 1rem; align-items: start; }

table { width: 100%; border-collapse: collapse; table-layout: fixed; }
thead th { text-align: left; color: var(--soft); font-weight: 500; font-size: 0.8rem; padding: 0 0.8rem 0.35rem 0; border-bottom: 1px solid var(--line); }
tbody th, td { text-align: left; font-weight: 400; vertical-align: top; padding: 0.6rem 0.8rem 0.6rem 0; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; padding-bottom: 0; }
tr > :last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.connections th:nth-child(n+3), .refusals th:nth-child(3) { text-align: right; }
.connections th:nth-child(1) { width: 47%; }
.connections th:nth-child(n+3) { width: 5.5rem; }
.connections th:nth-child(5) { width: 6rem; }
.connections tr.failed > th:first-child { box-shadow: inset 2px 0 var(--bad); padding-left: 0.7rem; }
.certificates th:nth-child(1) { width: 40%; }
.certificates th:nth-child(3) { width: 9.5rem; }
.routes th:nth-child(1) { width: 38%; }
.routes th:nth-child(2) { width: 38%; }
.refusals th:nth-child(3) { width: 4rem; }
.refusals th:nth-child(1) { width: 38%; }
.more { margin-top: 0.7rem; color: var(--soft); font-size: 0.9rem; }

.target { display: flex; flex-wrap: wrap; align-items: center; gap: 0.1rem 0.6rem; }
.endpoint { display: inline-flex; max-width: 100%; min-width: 0; vertical-align: bottom; white-space: nowrap; }
.endpoint .host { overflow: hidden; text-overflow: ellipsis; }
.endpoint .port { flex: none; color: var(--soft); }
.target .endpoint { font-size: 0.95rem; font-weight: 600; }
.target .endpoint .port { font-weight: 400; }
.marks { display: inline-flex; flex-wrap: wrap; gap: 0.25rem; min-width: 0; }
.way { display: flex; flex-wrap: wrap; align-items: center; gap: 0.1rem 0.7rem; margin-top: 0.3rem; min-width: 0; }
.way ol { display: flex; align-items: center; min-width: 0; max-width: 100%; }
.way li { display: flex; align-items: center; flex: 0 1 auto; min-width: 0; color: var(--soft); font-size: 0.8rem; line-height: 1.5; white-space: nowrap; }
.way li:first-child, .way li:last-child, .protocol { flex: none; }
.way li + li::before { content: ""; flex: none; width: 1.5rem; height: 7px; margin: 0 0.45rem; background: var(--soft); opacity: 0.8; clip-path: polygon(0 3px, calc(100% - 6px) 3px, calc(100% - 6px) 0, 100% 50%, calc(100% - 6px) 100%, calc(100% - 6px) 4px, 0 4px); }
.way .endpoint { color: var(--ink); font-size: 0.8rem; margin-left: 0.35rem; }
.protocol { font: 0.75rem/1.5 var(--mono); }

.stages { display: flex; align-items: center; gap: 0.7rem; padding-top: 0.45rem; }
.bar { flex: 1; min-width: 0; width: 100%; height: 6px; border-radius: 3px; background: var(--well); overflow: hidden; display: block; }
.bar .stage { fill: var(--stage); }
.total { flex: none; min-width: 3.4rem; text-align: right; font-size: 0.85rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 0.8rem; margin-top: 0.25rem; color: var(--soft); font-size: 0.78rem; }
.legend li::before { content: ""; display: inline-block; width: 0.5rem; height: 0.5rem; border-radius: 2px; background: var(--stage); margin-right: 0.35rem; }
.legend .ms { color: var(--ink); }
.stage { --stage: var(--http); }
.stage.dns { --stage: var(--dns); }
.stage.tcp { --stage: var(--tcp); }
.stage.proxy-tls, .stage.tunnel { --stage: var(--proxy); }
.stage.proxy-auth { --stage: var(--login); }
.stage.tls { --stage: var(--tls); }
.stage.client-cert { --stage: var(--identity); }
.stage.bad { --stage: var(--bad); }
.legend .bad, .legend .bad .ms { color: var(--bad); font-weight: 600; }
.pending { color: var(--soft); font-size: 0.85rem; }

.hosts { display: flex; flex-wrap: wrap; gap: 0.25rem 0.4rem; }
details { margin-top: 0.3rem; font-size: 0.85rem; }
summary { color: var(--soft); cursor: pointer; }
details .hosts { margin-top: 0.3rem; }
.hosts li { background: var(--well); border-radius: 5px; padding: 0.02rem 0.45rem; max-width: 100%; }
.lead + .hosts { margin-top: 0.6rem; }
.card h3 + table, .hosts + h3, .lead + h3, .empty + h3 { margin-top: 0.9rem; }
.name { font-weight: 600; }
.troubles > li + li { border-top: 1px solid var(--line); margin-top: 0.85rem; padding-top: 0.85rem; }
.troubles h3 { display: flex; flex-wrap: wrap; gap: 0 0.7rem; align-items: baseline; }
.troubles h3 code { color: var(--bad); font-weight: 650; }
.warnings h3 code { color: var(--warn); }
.times { color: var(--soft); font-weight: 400; font-size: 0.82rem; }
.message { margin-top: 0.15rem; }
.remedy { font-size: 0.93rem; }
.remedy > span { color: var(--soft); margin-right: 0.3rem; }

footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.3rem 1.5rem; color: var(--soft); font-size: 0.85rem; padding: 0.4rem 0.2rem 0; }
footer nav { display: flex; gap: 1.1rem; }

.denial { max-width: 30rem; margin: 14vh auto 0; }
.denial h1 { margin: 1rem 0 0.4rem; }
.denial form { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; margin-top: 1.2rem; }
.denial input { flex: 1; min-width: 10rem; font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: 7px; padding: 0.3rem 0.6rem; }

@media (max-width: 62rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 46rem) {
  body { padding-top: 1.1rem; }
  header { align-items: flex-start; }
  .gate svg { width: 2.1rem; height: 2.1rem; }
  .mast { align-items: flex-start; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  table, tbody, tr, tbody th, td { display: block; width: auto; }
  .connections th:nth-child(n), .routes th:nth-child(n), .certificates th:nth-child(n), .refusals th:nth-child(n) { width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
  tbody tr:first-child { padding-top: 0; }
  tbody tr:last-child { border-bottom: 0; padding-bottom: 0; }
  tbody th, td { border: 0; padding: 0; min-width: 0; }
  td { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); margin-top: 0.25rem; justify-items: start; align-items: baseline; }
  td::before { content: attr(data-label); color: var(--soft); font-size: 0.8rem; line-height: 1.9; }
  td.number { text-align: left; }
  .certificates td:last-child { display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.5rem; }
  .certificates td:last-child::before { width: 4.7rem; }
  .connections tbody tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.35rem 0.8rem; }
  .connections tbody th, .connections td { grid-column: 1 / -1; margin: 0; }
  .connections td { display: block; }
  .connections td:nth-child(2)::before { content: none; }
  .connections td.number { grid-column: auto; }
  .connections td.number::before { display: block; font-size: 0.75rem; line-height: 1.2; }
  .way li + li::before { width: 0.9rem; margin: 0 0.3rem; }
}
@media (forced-colors: active) {
  .bar, .legend li::before { forced-color-adjust: none; }
  .badge { border: 1px solid; }
}
`;
