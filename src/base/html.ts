/** Markup that may be sent as it is. Made by {@link html}, which escapes all that is put in, and by {@link trusted}. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/**
 * Template tag. Strings are escaped, for content and for quoted attribute values alike; lists are joined, undefined is nothing.
 * Line breaks and indentation of the source are one space in what is sent.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = compacted(strings);
  let markup = parts[0] ?? "";
  values.forEach((value, index) => (markup += render(value) + (parts[index + 1] ?? "")));
  return new Html(markup);
}

const compactedOnce = new WeakMap<TemplateStringsArray, readonly string[]>();

function compacted(strings: TemplateStringsArray): readonly string[] {
  const known = compactedOnce.get(strings);
  if (known !== undefined) return known;
  const parts = strings.map((text) => text.replace(/\s+/g, " "));
  compactedOnce.set(strings, parts);
  return parts;
}

/** For text of our own that is not HTML inside: the style sheet and the script. */
export const trusted = (markup: string): Html => new Html(markup);

function render(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.toString();
  return typeof value === "object" ? value.map(render).join("") : escapeHtml(String(value));
}

const references: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/**
 * What an upstream says could also mislead the eye: control characters, and those that turn the direction of writing
 * (U+202E makes "moc.live" read "evil.com"), are spelled out.
 */
function escapeHtml(text: string): string {
  return text.replace(special, (one) => references.get(one) ?? `\\u{${one.charCodeAt(0).toString(16)}}`);
}

const special =
  // oxlint-disable-next-line no-control-regex -- control characters are what is spelled out
  /[&<>"'\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
