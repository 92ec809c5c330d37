import { wrap, type Paint } from "./layout.js";
import { whereItLies } from "./missing-place.js";
import type { MissingAuthority, ShownChain } from "./types.js";

const left = 6;
const width = 77;

/** What the target showed, its own certificate on top, and below it what is missing. */
export function renderChain({ certificates, missing }: ShownChain, paint: Paint): string[] {
  const shown = certificates.map(({ name, issuer, notAfter }, index) => {
    const self = name === issuer ? ", signed by itself" : "";
    return [index, `${name}${self} (until ${notAfter.slice(0, 10)})`, false] as const;
  });
  const rows = [
    ...shown,
    ...(missing === null
      ? []
      : [[repeats(certificates.at(-1), missing) ? 0 : shown.length, about(missing), true] as const]),
  ];
  return [
    paint.dim(`${" ".repeat(left)}the chain that was shown:`),
    ...rows.flatMap(([depth, text, bad]) => {
      const lead = " ".repeat(left + Math.min(depth, 8) * 2) + (depth === 0 ? "" : "└ ");
      const [first = "", ...rest] = wrap(text, width - lead.length);
      return [lead + (bad ? paint.bad(first) : first), ...rest.map((line) => " ".repeat(lead.length) + line)];
    }),
  ];
}

/** A root that was sent stands in the chain already. */
function repeats(last: ShownChain["certificates"][number] | undefined, { name }: MissingAuthority): boolean {
  return last !== undefined && last.name === last.issuer && last.name === name;
}

function about(missing: MissingAuthority): string {
  return `${missing.name}: not trusted here, ${whereItLies(missing)}`;
}
