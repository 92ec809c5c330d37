import { STATUS_CODES } from "node:http";
import { docsOf } from "../../base/docs.js";
import { html, type Html } from "../../base/html.js";
import { ago, empty, row, section, table, type View } from "./view.js";
import { formatCount } from "./units.js";

/** By code, most frequent first. */
export function faultsSection({ status: { faults }, now }: View): Html {
  if (faults.length === 0)
    return section("faults", "Faults", empty("None since the start: every target was reached."), "0");
  const items = faults.map(({ count, last, ...fault }) =>
    item(
      `fault-${fault.code}`,
      { ...fault, docs: docsOf(fault.code) },
      html` <span class="times"
        >${count === 1 ? "once" : `${formatCount(count)} times, last`}
        ${ago(last, now, (duration) => `${duration} ago`)}</span
      >`,
    ),
  );
  const total = faults.reduce((sum, { count }) => sum + count, 0);
  return section(
    "faults",
    "Faults",
    html`<ul class="troubles">
      ${items}
    </ul>`,
    formatCount(total),
  );
}

/** About the settings in force. Undefined where there are none: their absence is nothing to report. */
export function warningsSection({ status: { warnings } }: View): Html | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map((warning, index) => item(`warning-${index}`, warning));
  const list = html`<ul class="troubles warnings">
    ${items}
  </ul>`;
  return section("warnings", "Warnings about the settings", list, formatCount(warnings.length));
}

/** @param times how often it was there, after its code */
function item(
  key: string,
  { code, message, remedy, docs }: Readonly<Record<"code" | "message" | "remedy" | "docs", string>>,
  times?: Html,
): Html {
  return html`<li data-key="${key}">
    <h3><code>${code}</code>${times}</h3>
    <p class="message"><bdi>${message}</bdi></p>
    <p class="remedy"><span>Remedy</span> <bdi>${remedy}</bdi></p>
    <p class="fine">Explained in <code>${docs}</code></p>
  </li>`;
}

const meanings: Readonly<Record<string, string>> = {
  "400": "malformed, or an attempt to smuggle a request",
  "401": "the status page was requested without the token",
  "403": "the gateway itself, an address that is not allowed, or another site's page",
  "404": "no such page; is a program using it as a server instead of a proxy?",
  "405": "the status page was requested with a method other than GET",
  "407": "a program came without the token, or with a wrong one",
  "408": "the head of a request did not arrive in time",
  "421": "another host name: for the status page, or inside an intercepted tunnel",
  "431": "the head of a request was too large",
  "503": "too many connections, or the gateway was draining",
};

/** What the gateway itself refused: its clients' doing, not the network's. */
export function refusalsSection({ status: { refusals } }: View): Html {
  const entries = Object.entries(refusals);
  if (entries.length === 0)
    return section(
      "refusals",
      "Refused clients",
      empty("None: every client was authenticated and its request was allowed."),
      "0",
    );
  const rows = entries.map(([status, count]) =>
    row(`refusal-${status}`, [
      { label: "Answer", content: html`<strong>${status}</strong> ${STATUS_CODES[status] ?? ""}` },
      { label: "Meaning", content: html`<span class="fine">${meanings[status] ?? ""}</span>` },
      { label: "Count", kind: "number", content: formatCount(count) },
    ]),
  );
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return section(
    "refusals",
    "Refused clients",
    table("Refusals by status", "refusals", ["Answer", "Meaning", "Count"], rows),
    formatCount(total),
  );
}
