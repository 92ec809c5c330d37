import { faultCodes, type FaultCode } from "../../../../src/base/codes.js";
import { elsewhere } from "./elsewhere.js";
import type { Cell, Recorded, RecordedScene } from "./recorded.js";

/** docs/what-clients-say.md: in the order of the codes' own list. */
export function clientsPage({ versions, scenes }: Recorded): string {
  const codes = Object.keys(faultCodes) as FaultCode[];
  const asked = codes.flatMap((code) => scenes.filter((scene) => scene.code === code));
  const made = asked.filter(({ said }) => said !== undefined);
  const named = new Set(made.map(({ code }) => code));
  const programs = Object.entries(versions).map(([name, version]) => `${name} (${version})`);
  const without = [
    ...asked.flatMap(({ code, how, none }) => (none === undefined ? [] : [[linked(code), how, none]])),
    ...Object.keys(elsewhere).map((code) => [linked(code), "", "no scene of the catalogue makes it: see there"]),
  ];
  return `${intro(named.size, codes.length, made.length, programs)}
${[...named].map((code) => section(code, made)).join("\n")}
## Without a counterpart

What no other program can be put into.

${tableOf(["code", "scene", "why"], without)}`;
}

const intro = (codes: number, all: number, scenes: number, programs: readonly string[]): string => `# What clients say

What other programs say where the same thing is wrong, beside what \`sallyport doctor\` says of it: ${codes} of ${all} codes, in ${scenes} scenes of
[the catalogue](catalogue.md). What each means and what to do stands in [faults.md](faults.md); \`sallyport explain-error\` finds it from any
of these texts.

Recorded by \`test/real/error-texts.test.ts\` from real runs: ${listed(programs)}. Each has the proxy, the authorities and the client certificate of
the scene in its own variables or options, a time limit of five seconds where it has such an option, and no way out of the machine. Node's
clients go by undici's \`EnvHttpProxyAgent\`, axios by its own reading of the variables; Claude Code runs as \`claude -p hi\` with
\`ANTHROPIC_BASE_URL\` at the scene's server and \`CLAUDE_CODE_MAX_RETRIES=0\`, without which most of these take it about three minutes. Where a scene is about a client
certificate's own files, the others ask a server that requires one. Ports, dates and folders are replaced, and of each output the lines are
kept that tell something (three at the most).
`;

function section(code: FaultCode, all: readonly RecordedScene[]): string {
  const tables = all
    .filter((scene) => scene.code === code)
    .map(
      ({ how, ours = "", said = {} }) =>
        `${capital(how)}:\n\n${tableOf(["program", "says"], [["**sallyport**", quoted(ours)], ...rowsOf(said)])}`,
    );
  return `## ${code}\n\n${tables.join("\n")}`;
}

/** Programs that say the same share a row. */
function rowsOf(said: Readonly<Record<string, Cell>>): string[][] {
  const by = new Map<string, string[]>();
  for (const [program, cell] of Object.entries(said)) {
    const text = shown(cell);
    by.set(text, [...(by.get(text) ?? []), program]);
  }
  return [...by].map(([text, programs]) => [programs.join(", "), text]);
}

function shown(cell: Cell): string {
  if ("not" in cell) return `not asked: ${cell.not}`;
  const lines = cell.lines.map((line) => (line.startsWith("(") ? line.slice(1, -1) : quoted(line)));
  if (lines.length > 0) return lines.join("<br>");
  if (cell.status === null) return "nothing: it hangs";
  return cell.status === 0 ? "nothing: it goes on" : `nothing: it ends with status ${cell.status}`;
}

const quoted = (text: string): string => `\`${text.replaceAll("|", "\\|").replaceAll("`", "'")}\``;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const linked = (code: string): string => `[${code}](faults.md#${code.toLowerCase()})`;
const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
