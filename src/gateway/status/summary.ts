import type { Admits } from "../types.js";
import { html, trusted, type Html } from "../../base/html.js";
import { ago, badge, readable, type View } from "./view.js";
import { countOf, formatBytes, formatCount, formatDuration } from "./units.js";

/** A gate in a wall: what a sally port is. */
export const gate = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0b6b62" d="M3 5h5v4h4V5h8v4h4V5h5v24H3z"/><path fill="#fff" d="M10 29V20a6 6 0 0 1 12 0v9h-3v-7h-2v7h-2v-7h-2v7z"/></svg>`;

const admittedTo: Readonly<Record<Admits, string>> = {
  token: "open to whoever has the token",
  "same-user": "open to this user's programs, and to whoever has the token",
  everyone: "open to every program of this machine",
};

/** Name, address and condition of the gateway. */
export function masthead({ status }: View): Html {
  const { listening, uptimeSeconds, startedAt, version, draining, admits } = status;
  const condition = draining
    ? badge("warn", "draining", "accepts no new connections, and waits for open ones")
    : badge("good", "running");
  const uptime = html`<time datetime="${startedAt}" title="since ${readable(startedAt)}"
    >${formatDuration(uptimeSeconds * 1000)}</time
  >`;
  return html`<div class="mast">
    <span class="gate" aria-hidden="true">${trusted(gate)}</span>
    <div>
      <h1>sallyport gateway ${condition}</h1>
      <p class="facts">
        <code>${listening}</code> <span>up ${uptime}</span>
        <span>${admittedTo[admits]}</span>
        <span>version ${version}</span>${reloads(status.totals)}${moves(status.totals)}
      </p>
    </div>
  </div>`;
}

function reloads({ reloads: succeeded, failedReloads: failed }: View["status"]["totals"]): Html | undefined {
  if (succeeded + failed === 0) return undefined;
  const failures =
    failed === 0
      ? undefined
      : html` ${badge("warn", countOf(failed, "failed reload"), "the settings before it stayed in force")}`;
  return html` <span>settings reloaded ${countOf(succeeded, "time")}${failures}</span>`;
}

function moves({ networkChanges: count }: View["status"]["totals"]): Html | undefined {
  return count === 0 ? undefined : html` <span>network changed ${countOf(count, "time")}</span>`;
}

/** The numbers that one looks for first. */
export function figures(view: View): Html {
  const { connections, totals, faults } = view.status;
  const taken = Object.values(totals.connections).reduce((sum, count) => sum + count, 0);
  const failed = faults.reduce((sum, { count }) => sum + count, 0);
  return html`<dl class="figures">
    ${[
      figure("Open now", formatCount(connections.length)),
      figure("Since the start", formatCount(taken)),
      figure("Sent", formatBytes(totals.bytesUp), countOf(totals.bytesUp, "byte")),
      figure("Received", formatBytes(totals.bytesDown), countOf(totals.bytesDown, "byte")),
      figure("Faults", failed === 0 ? "none" : formatCount(failed), undefined, failed === 0 ? "" : "bad"),
      nextExpiry(view),
    ]}
  </dl>`;
}

const figure = (term: string, value: string | Html, title?: string, kind = ""): Html =>
  html`<div>
    <dt>${term}</dt>
    <dd class="${kind}" ${title === undefined ? undefined : html` title="${title}"`}>${value}</dd>
  </div>`;

/** Of the client certificate that expires first. */
function nextExpiry({ status: { certificates }, now }: View): Html {
  const [first] = [...certificates].sort((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
  if (first === undefined) return figure("Certificate", "none");
  const left = Date.parse(first.notAfter) - now;
  const kind = { valid: "", "expires-soon": "warn", expired: "bad", "not-yet-valid": "bad" }[first.state];
  const title = `${first.name}: ${readable(first.notAfter)}`;
  if (first.state === "not-yet-valid") return figure("Certificate", "not valid yet", title, kind);
  return figure(
    left < 0 ? "Certificate expired" : "Certificate expires",
    left < 0 ? ago(first.notAfter, now, (d) => `${d} ago`) : `in ${formatDuration(left)}`,
    title,
    kind,
  );
}

/** For a screen reader, which does not see that figures change. */
export function spoken({ status: { connections, faults, draining } }: View): string {
  const failed = faults.reduce((sum, { count }) => sum + count, 0);
  return `${countOf(connections.length, "connection")} open, ${countOf(failed, "fault")} since the start${draining ? ", draining" : ""}`;
}
