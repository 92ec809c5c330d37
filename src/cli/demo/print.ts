import { indent, wrap, type Paint } from "../../doctor/index.js";
import type { StandardLab } from "../../lab/types.js";
import type { Scene, SceneResult } from "./scene.js";

const margin = "   ";
const width = 80 - margin.length;

export function renderDemoStart(
  { api, mtls, inside, basic, inspector, strict, directory }: StandardLab,
  paint: Paint,
): string {
  const lines = [
    [api.name, "an outside server"],
    [mtls.name, "an outside server; requires a client certificate"],
    [inside.name, "a server inside"],
    [basic.url, "a proxy that requires a login"],
    [inspector.url, "a proxy that inspects TLS"],
    [strict.url, "login, over TLS; inspects all but that host"],
  ] as const;
  const head = `${paint.bold("A corporate network in a box")}, in this process, on loopback alone.\n`;
  const rows = lines.map(([name, what]) => `${margin}${name.padEnd(26)}${paint.dim(what)}`);
  return `${head}\n${rows.join("\n")}\n${margin}${"$LAB".padEnd(26)}${paint.dim(directory)}\n`;
}

export function renderScene(
  number: number,
  { scene, run, proofs }: SceneResult,
  { files, directory, login }: StandardLab,
  paint: Paint,
): string {
  const secrets = [login.password, encodeURIComponent(login.password), files.passphrase];
  const show = (text: string): string => shorten(mask(text, secrets), directory);
  const { listing } = scene;
  const parts = [
    ...heading(number, scene, paint),
    "",
    ...(listing === undefined ? [] : [block([`$ cat ${show(listing.path)}`, ...lines(listing.text).map(cut)]), ""]),
    block([
      ...Object.entries(scene.variables).map(([name, value]) => `export ${name}=${show(value)}`),
      ...command([...scene.argv.map(show), ...(scene.readsListing === true ? ["<", show(listing?.path ?? "")] : [])]),
    ]),
    "",
    ...(run.stderr === "" ? [] : [block(lines(show(run.stderr)).flatMap(fold))]),
    ...(run.stdout === "" ? [] : [block(abridge(lines(show(run.stdout))))]),
    "",
    ...proofs.map(({ claim, holds }) => {
      const label = holds ? "proof:" : "NOT PROVED:";
      const shown = indent(wrap(claim, width - label.length - 1), margin.length + label.length + 1);
      return block([`${holds ? paint.good(label) : paint.bad(label)} ${shown}`]);
    }),
  ];
  return `${parts.join("\n")}\n`;
}

export const renderSkipped = (number: number, scene: Scene, paint: Paint): string =>
  `${[...heading(number, scene, paint), "", block([paint.warn(`skipped: ${scene.skip ?? ""}`)])].join("\n")}\n`;

function heading(number: number, { title, story }: Scene, paint: Paint): readonly string[] {
  return [`\n${paint.bold(`${number}. ${title}`)}`, block(wrap(story, width).map((line) => paint.dim(line)))];
}

export function renderDemoEnd(
  results: readonly SceneResult[],
  skipped: readonly Scene[],
  seconds: number,
  paint: Paint,
): string {
  const failed = results.flatMap(({ scene, proofs }) =>
    proofs.filter((proof) => !proof.holds).map((proof) => `${scene.title}: ${proof.claim}`),
  );
  const time = `${seconds.toFixed(1)} s`;
  if (failed.length === 0) {
    const left = skipped.length === 0 ? "" : paint.warn(`, ${skipped.length} skipped`);
    return `\n${paint.good(`${results.length} ${results.length === 1 ? "scene" : "scenes"}, all proved`)}${left} ${paint.dim(`(${time})`)}\n`;
  }
  return `\n${paint.bad(`not proved (${time}):`)}\n${failed.map((line) => block(fold(line))).join("\n")}\n`;
}

const block = (rows: readonly string[]): string => rows.map((row) => `${margin}${row}`.trimEnd()).join("\n");

const lines = (text: string): string[] => text.replace(/\n$/, "").split("\n");

function mask(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "****"), text);
}

const shorten = (text: string, directory: string): string => text.replaceAll(directory, "$LAB");

/** The command as one would type it, broken where it would not fit. */
function command(argv: readonly string[]): string[] {
  const words = ["sallyport", ...argv].map((word) =>
    /^(?:(?:\$LAB)?[\w@%+=:,./-]+|<)$/.test(word) ? word : `'${word}'`,
  );
  const rows: string[] = [];
  let row = "$";
  for (const word of words) {
    if (row.length + 1 + word.length > width - 2 && row !== "$") {
      rows.push(`${row} \\`);
      row = `    ${word}`;
    } else {
      row += ` ${word}`;
    }
  }
  return [...rows, row];
}

/** On a terminal `error:` and `hint:` are one line each, however long; here they have to fit. */
const fold = (row: string): string[] =>
  row.length <= width ? [row] : wrap(row, width - 2).map((line, index) => (index === 0 ? line : `  ${line}`));

const shownLines = 9;

const cut = (row: string): string => (row.length > width ? `${row.slice(0, width - 1)}…` : row);

/** What is left out is said. */
function abridge(rows: readonly string[]): string[] {
  const shown = rows.map(cut);
  if (shown.length <= shownLines + 1) return shown;
  return [...shown.slice(0, shownLines), `… ${shown.length - shownLines} more lines`];
}
