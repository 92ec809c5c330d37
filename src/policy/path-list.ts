import { holdsPem } from "../base/inline-pem.js";

// The colon of a drive and that of a URL separate nothing: such an item is told of as a whole.
const colonSeparated = /(?:[A-Za-z]:[\\/]|[A-Za-z][\w+.-]*:\/\/)(?:[^:]|:(?![\\/]))*|[^:]+/g;

/** The paths of a variable that holds several, separated as in PATH. A PEM text is one item, beside paths or alone. */
export function splitPaths(value: string, platform: NodeJS.Platform): string[] {
  if (!holdsPem(value)) return separated(value, platform);
  const begin = value.search(/(?<!-)-{2,}\s*BEGIN /);
  const end = /^[\s\S]*END [A-Z0-9 ]+-+/.exec(value)?.[0].length ?? value.length;
  // Lines before and after the blocks are remarks, as `openssl x509 -text` writes them; quotation marks may surround all.
  const before = /^([^\r\n]*)[:;]\s*$/.exec(value.slice(0, begin))?.[1] ?? "";
  const after = /^(?:\s|\\+[rn])*[:;]([^\r\n]*?)\s*$/.exec(value.slice(Math.max(begin, end)))?.[1] ?? "";
  return [...separated(before, platform), ...separated(after, platform), value.slice(begin, Math.max(begin, end))];
}

function separated(value: string, platform: NodeJS.Platform): string[] {
  const items = platform === "win32" ? value.split(";") : (value.match(colonSeparated) ?? []);
  return items.filter((item) => item.trim() !== "");
}
