import { faultCodes, type FaultCode } from "../../../../src/base/codes.js";
import { elsewhere } from "./elsewhere.js";
import { sayers, type Scene } from "./scene.js";
import { scenes } from "./scenes.js";

const names = { doctor: "doctor", fetch: "fetch", agent: "`http.Agent`", gateway: "gateway", mcp: "MCP" } as const;

/** docs/catalogue.md: the scenes as a table, in the order of the codes' own list. */
export function cataloguePage(): string {
  const codes = Object.keys(faultCodes) as FaultCode[];
  const rows = codes.flatMap((code) => scenes.filter((scene) => scene.code === code).map(rowOf));
  const made = new Set(scenes.map(({ code }) => code));
  const mended = scenes.filter(({ mend }) => mend !== undefined).length;
  return `${intro(made.size, codes.length, mended)}
${tableOf(["code", "made by", "hop", ...sayers.map((sayer) => names[sayer]), "remedy carried out"], rows)}
## Codes that are made elsewhere

${tableOf(
  ["code", "why, and where"],
  Object.entries(elsewhere).map(([code, why]) => [linked(code), why]),
)}`;
}

const intro = (made: number, all: number, mended: number): string => `# The catalogue

How each code is made in the lab, and who says it. \`test/e2e/catalogue\` makes every row and writes this page: ${made} of ${all} codes in
${scenes.length} scenes. The doctor names exactly that code there and no other; so do \`fetch\`, the agent for \`node:http\` and
\`node:https\`, the gateway (as a reverse proxy, in its answer and its \`sallyport-fault\`) and the fetch for the SDKs of MCP. *Warned*: the
request is made, and the code is among the warnings. *Handed on*: the answer came, and is the program's to read. *Not told*: it breaks
other programs alone. In ${mended} scenes what the remedy asks for was done (a setting corrected, a file replaced, and where it is for the server's or
the proxy's people, a server or proxy that has been put right), and the next report was clean.
`;

function rowOf(scene: Scene): string[] {
  const { code, how, hop = "local", otherwise = {}, mend } = scene;
  const usual = (scene.severity ?? faultCodes[code].severity) === "warning" ? "warned" : "yes";
  const said = sayers.map((sayer) => {
    const other = otherwise[sayer];
    if (other === undefined) return usual;
    if (other !== "-") return `\`${other}\``;
    return usual === "warned" ? "not told" : "handed on";
  });
  return [linked(code), how, hop, ...said, mend === undefined ? `no: ${scene.unmended ?? ""}` : "yes"];
}

const linked = (code: string): string => `[${code}](faults.md#${code.toLowerCase()})`;

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
