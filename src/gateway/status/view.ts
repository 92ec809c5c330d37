import type { GatewayStatus } from "../types.js";
import { html, type Html } from "../../base/html.js";
import { formatDuration } from "./units.js";

/** What a page is made from. */
export interface View {
  readonly status: GatewayStatus;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the variables that people set: `SALLYPORT`, unless a program's author chose another. */
  readonly prefix: string;
}

/** How long ago, with the time itself for who points at it. `form` says more about it: "for 5 min". */
export function ago(iso: string, now: number, form: (duration: string) => string): Html {
  return html`<time datetime="${iso}" title="${readable(iso)}"
    >${form(formatDuration(Math.max(0, now - Date.parse(iso))))}</time
  >`;
}

/** A point in time as it is shown on hover: to the second, in UTC, since the server does not know the reader's zone. */
export const readable = (iso: string): string => `${iso.slice(0, 19).replace("T", " ")} UTC`;

/** A section with its heading; `count` stands beside it. */
export function section(id: string, heading: string, content: Html, count?: string): Html {
  const beside = count === undefined ? undefined : html` <span class="count">${count}</span>`;
  return html`<section aria-labelledby="${id}" class="card" data-key="${id}">
    <h2 id="${id}">${heading}${beside}</h2>
    ${content}
  </section>`;
}

/** Said where there is nothing to show. */
export const empty = (...content: readonly (Html | string)[]): Html => html`<p class="empty">${content}</p>`;

/** A mark that says by colour what its word says. */
export const badge = (kind: "good" | "warn" | "bad" | "plain" | "accent", text: string, title?: string): Html =>
  html`<span class="badge ${kind}" ${title === undefined ? undefined : html` title="${title}"`}>${text}</span>`;

/**
 * A table that becomes a list of cards on a narrow screen. The roles are spelled out, since browsers take a table's meaning
 * away once its display is changed.
 */
export function table(caption: string, kind: string, headings: readonly string[], rows: readonly Html[]): Html {
  return html`<table class="${kind}" role="table">
    <caption class="unseen">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${headings.map((heading) => html`<th scope="col" role="columnheader">${heading}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows}
    </tbody>
  </table>`;
}

export interface Cell {
  /** Its column's heading, shown beside it on a narrow screen. */
  readonly label: string;
  readonly kind?: "number";
  readonly content: Html | string | number;
  /** For a first cell that holds more than a name: what a screen reader says for the row. */
  readonly name?: string;
}

/** The first cell names the row. */
export function row(key: string, [first, ...others]: readonly [Cell, ...Cell[]], kind = ""): Html {
  const numeric = (cell: Cell): Html | undefined => (cell.kind === "number" ? html` class="number"` : undefined);
  return html`<tr role="row" data-key="${key}" class="${kind}">
    <th scope="row" role="rowheader" abbr="${first.name ?? ""}" data-label="${first.label}" ${numeric(first)}>
      ${first.content}
    </th>
    ${others.map((cell) => html`<td role="cell" data-label="${cell.label}" ${numeric(cell)}>${cell.content}</td>`)}
  </tr> `;
}
