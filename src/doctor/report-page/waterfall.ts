import { html, type Html } from "../../base/html.js";
import type { StageReport } from "../types.js";

/** The stages as a table, and in each row where its time lies within the whole. */
export function waterfall(stages: readonly StageReport[]): Html {
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  let begun = 0;
  const rows = stages.map((stage) => {
    const start = begun;
    begun += stage.ms;
    return row(stage, start, total);
  });
  return html`<table class="waterfall">
    <caption>
      Stages in their order, ${milliseconds(total)} in all
    </caption>
    <thead>
      <tr>
        <th scope="col">Stage</th>
        <th scope="col" class="hop">Whose</th>
        <th scope="col">State</th>
        <th scope="col" class="number">Time</th>
        <th scope="col" class="when">When</th>
        <th scope="col">What was found</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function row({ stage, hop, ok, ms, detail }: StageReport, start: number, total: number): Html {
  return html`<tr class="${ok ? "passed" : "failed"}">
    <th scope="row" class="stage mono">${stage}</th>
    <td class="hop">${hop === "local" ? "yours" : hop === "proxy" ? "the proxy's" : "the target's"}</td>
    <td><span class="state ${ok ? "good" : "bad"}">${ok ? "works" : "fails"}</span></td>
    <td class="number">${ms < 0.05 ? "" : milliseconds(ms)}</td>
    <td class="when">
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" x="0" y="3" width="100" height="4"></rect>
        <rect x="${share(start, total)}" y="1" width="${Math.max(share(ms, total), ok ? 0 : 1)}" height="8"></rect>
      </svg>
    </td>
    <td>${detail}</td>
  </tr>`;
}

const share = (ms: number, total: number): number => (total === 0 ? 0 : Math.round((ms / total) * 1000) / 10);

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
