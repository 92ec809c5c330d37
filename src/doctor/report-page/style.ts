import { palette } from "../../base/palette.js";

/** The only style sheet of the page; its hash stands in the page's policy. Lengths that depend on numbers are attributes of SVG. */
export const style = `
:root {
  color-scheme: light dark;
  ${palette.light}
  --bar: #3f7f78; --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    ${palette.dark}
    --bar: #5aa79d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.75rem clamp(0.75rem, 2.5vw, 2rem) 1.5rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1, h2, h3, p, ol, ul, dl, dd, pre { margin: 0; padding: 0; }
ol, ul { list-style: none; }
h1 { font-size: 1.35rem; font-weight: 650; letter-spacing: -0.015em; }
h2 { font-size: 1.05rem; font-weight: 650; margin-bottom: 0.6rem; }
h3 { font-size: 0.9rem; font-weight: 600; color: var(--soft); margin: 1.1rem 0 0.4rem; }
a { color: var(--accent); text-underline-offset: 0.2em; }
code, pre, .mono { font-family: var(--mono); font-size: 0.87em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
header { margin-bottom: 1.1rem; }
.facts { color: var(--soft); font-size: 0.88rem; }
.verdict { display: inline-block; border-radius: 8px; padding: 0.35rem 0.8rem; margin: 0.7rem 0 0; font-weight: 600; }
.verdict.good, .state.good { background: var(--good-well); color: var(--good); }
.verdict.warn, .state.warn { background: var(--warn-well); color: var(--warn); }
.verdict.bad, .state.bad { background: var(--bad-well); color: var(--bad); }
.state { display: inline-block; border-radius: 99px; padding: 0 0.55rem; font: 500 0.76rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; background: var(--well); color: var(--soft); white-space: nowrap; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem 1.1rem; margin-bottom: 1rem; }
.fine { color: var(--soft); font-size: 0.86rem; }

.path { display: flex; flex-wrap: wrap; gap: 0.5rem 0; margin: 0.7rem 0 0.3rem; }
.path li { display: flex; align-items: center; min-width: 0; max-width: 100%; }
.path li + li::before { content: ""; flex: none; width: 1.7rem; height: 9px; margin: 0 0.3rem; background: var(--soft); clip-path: polygon(0 4px, calc(100% - 7px) 4px, calc(100% - 7px) 0, 100% 50%, calc(100% - 7px) 100%, calc(100% - 7px) 5px, 0 5px); }
.node { border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 8px; padding: 0.35rem 0.7rem 0.4rem; min-width: 7rem; }
.node.good { border-left-color: var(--good); }
.node.warn { border-left-color: var(--warn); }
.node.bad { border-left-color: var(--bad); }
.node .what { font-weight: 600; font-size: 0.88rem; }
.node .name { color: var(--soft); font-size: 0.82rem; }

table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--soft); font-size: 0.82rem; padding-bottom: 0.35rem; }
thead th { text-align: left; color: var(--soft); font-weight: 500; font-size: 0.8rem; padding: 0 0.7rem 0.3rem 0; border-bottom: 1px solid var(--line); }
tbody th, td { text-align: left; font-weight: 400; vertical-align: top; padding: 0.35rem 0.7rem 0.35rem 0; border-bottom: 1px solid var(--line); font-size: 0.9rem; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.waterfall .stage, .waterfall .hop { white-space: nowrap; }
.waterfall .when { width: 26%; min-width: 6rem; }
.waterfall svg { display: block; width: 100%; height: 0.9rem; }
.waterfall rect { fill: var(--bar); }
.waterfall .failed rect:not(.track) { fill: var(--bad); }
.waterfall rect.track { fill: var(--well); }

.finding { border-left: 4px solid var(--bad); padding: 0.15rem 0 0.2rem 0.9rem; margin: 0.9rem 0; }
.finding.warn { border-left-color: var(--warn); }
.finding p + p, .finding pre { margin-top: 0.35rem; }
.code { font: 600 0.82rem/1.5 var(--mono); }
pre { background: var(--well); border-radius: 7px; padding: 0.5rem 0.75rem; white-space: pre-wrap; }
.chain { padding-left: 0; }
.chain li { padding-left: 1.2rem; border-left: 2px solid var(--line); margin-left: 0.3rem; }
.chain .missing { border-left-color: var(--bad); }
footer { color: var(--soft); font-size: 0.85rem; margin-top: 1.2rem; }

@media (max-width: 40rem) {
  .waterfall .when, .waterfall .hop { display: none; }
  .path { flex-direction: column; align-items: stretch; }
  .path li { flex-direction: column; align-items: stretch; }
  .path li + li::before { width: 9px; height: 1rem; margin: 0.1rem auto; clip-path: polygon(4px 0, 5px 0, 5px calc(100% - 7px), 100% calc(100% - 7px), 50% 100%, 0 calc(100% - 7px), 4px calc(100% - 7px)); }
}
@media print {
  :root {
    --paper: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --well: #f2f2f2;
    --accent: #000000; --good: #0d4f2a; --good-well: #ffffff; --warn: #5e3800; --warn-well: #ffffff; --bad: #8a1713; --bad-well: #ffffff; --bar: #555555;
  }
  body { max-width: none; padding: 0; font-size: 11pt; }
  .card { break-inside: avoid-page; border-color: #999999; }
  .state, .verdict { border: 1px solid currentColor; }
  svg rect { print-color-adjust: exact; }
}
`;
