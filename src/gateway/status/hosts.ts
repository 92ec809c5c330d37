import { html, trusted, type Html } from "../../base/html.js";
import { countOf } from "./units.js";

/** A host and port in one line: the host may be cut on screen, the port never, and `title` has both. */
export function endpoint(text: string): Html {
  const colon = /:\d+$/.exec(text)?.index ?? text.length;
  return html`<bdi class="endpoint" title="${text}"
    ><span class="host">${text.slice(0, colon)}</span><span class="port">${text.slice(colon)}</span></bdi
  >`;
}

const mayBreak = trusted("<wbr>");

/** A name, path or URL that breaks after its separators where it does not fit. */
export const breakable = (text: string): Html =>
  html`<bdi>${text.split(/(?<=[./@,=])(?=\w)/).map((part, index) => [index === 0 ? undefined : mayBreak, part])}</bdi>`;

/** More than these are behind a click: a NO_PROXY may hold hundreds. */
const shown = 24;

/** Host patterns, each in a box of its own. */
export function hostList(hosts: readonly string[]): Html {
  const list = (part: readonly string[]): Html =>
    html`<ul class="hosts">
      ${part.map((host) => html`<li>${breakable(host)}</li>`)}
    </ul>`;
  const rest = hosts.slice(shown);
  if (rest.length === 0) return list(hosts);
  return html`${list(hosts.slice(0, shown))}
    <details>
      <summary>and ${countOf(rest.length, "other")}</summary>
      ${list(rest)}
    </details>`;
}
