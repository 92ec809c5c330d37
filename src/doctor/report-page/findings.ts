import { html, type Html } from "../../base/html.js";
import { whereItLies } from "../missing-place.js";
import { owners } from "../whose.js";
import type { Finding, ShownChain } from "../types.js";

/** One finding: what is wrong, whose it is, what to do, and what of that can be pasted. */
export function finding(fault: Finding, kind: "error" | "warning"): Html {
  const { code, stage, owner, message, remedy, docs } = fault;
  const command = commandIn(remedy);
  return html`<div class="finding ${kind === "error" ? "bad" : "warn"}">
    <p>
      <span class="state ${kind === "error" ? "bad" : "warn"}">${kind}</span> <span class="code">${code}</span>
      <span class="fine">at the stage ${stage}; for ${owners[owner]}</span>
    </p>
    <p>${message}</p>
    <p><strong>What to do:</strong> ${remedy}</p>
    ${command === undefined ? undefined : html`<pre><code>${command}</code></pre>`}
    <p class="fine"><a href="${docs}">${code} explained</a></p>
  </div>`;
}

/** What of a remedy is a command to paste. */
export function commandIn(remedy: string): string | undefined {
  return /\brun: (\S.*?)(?=; | \(or | and (?:name|replace) |$)/.exec(remedy)?.[1];
}

/** The certificates that were shown, and the authority that is missing. */
export function chainList({ certificates, missing }: ShownChain): Html {
  return html`<h3>The chain that was shown</h3>
    <ol class="chain">
      ${certificates.map(
        ({ name, issuer, notAfter, sha256 }) =>
          html`<li>
            <strong>${name}</strong>, issued by ${issuer}, valid until ${notAfter.slice(0, 10)}
            <p class="fine mono">SHA-256 ${sha256}</p>
          </li>`,
      )}
      ${
        missing === null
          ? undefined
          : html`<li class="missing"><strong>${missing.name}</strong> is not trusted here, ${whereItLies(missing)}</li>`
      }
    </ol>`;
}
