import type { CertificateReport } from "../../certificates/index.js";
import type { Fault } from "../../base/errors.js";
import { clip, indent, renderFault, wrap, type Paint } from "../../doctor/index.js";
import type { Look, Looked, LookedKey } from "./cert-look.js";

const width = 79;
const label = 10;
const column = 3 + label;
/** Details of so many are told; of a whole bundle, a line each. */
const mostInFull = 12;

/** What was seen, as text of at most 80 columns. */
export function renderLook(look: Look, fault: Fault | undefined, paint: Paint): string {
  const { certificates, keys, notes } = look;
  const parts = [heading(look, paint)];
  if (certificates.length > 0) parts.push(tree(certificates, paint).join("\n"));
  if (certificates.length <= mostInFull) parts.push(...certificates.map((one, index) => details(one, index, paint)));
  else parts.push(paint.dim(`Details of each: name a file with fewer of them, or add --json.`));
  if (keys.length > 0) parts.push(keys.map((key) => keyLine(key, paint)).join("\n"));
  if (notes.length > 0) parts.push(notes.map((note) => remark(note, paint)).join("\n"));
  if (fault !== undefined) parts.push(renderFault(fault, paint, "warning"));
  return `${parts.join("\n\n")}\n`;
}

function heading({ source, format, route, certificates, keys }: Look, paint: Paint): string {
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  const what = [
    format ?? "",
    count(certificates.length, "certificate"),
    ...(keys.length > 0 ? [count(keys.length, "key")] : []),
  ];
  const held = what.filter((part) => part !== "").join(", ");
  const way = route === null ? [] : wrap(route, width - 2);
  return [`${paint.bold(source.name)}  ${paint.dim(held)}`, ...way.map((line) => paint.dim(`  ${line}`))].join("\n");
}

/** Whoever signed stands above whom he signed for. */
function tree(certificates: readonly Looked[], paint: Paint): string[] {
  const below = new Map<number | null, number[]>();
  certificates.forEach(({ signedBy }, index) => below.set(signedBy, [...(below.get(signedBy) ?? []), index]));
  const lines: string[] = [];
  const draw = (index: number, lead: string, branch: string, next: string): void => {
    const one = certificates[index];
    if (one === undefined) return;
    lines.push(treeLine(one, index, `${lead}${branch}`, paint));
    const children = below.get(index) ?? [];
    children.forEach((child, at) => {
      const last = at === children.length - 1;
      draw(child, `${lead}${next}`, last ? "└─ " : "├─ ", last ? "   " : "│  ");
    });
  };
  for (const index of below.get(null) ?? []) {
    const root = certificates[index];
    if (root === undefined) continue;
    if (root.isSelfSigned) draw(index, "  ", "", "");
    else {
      lines.push(paint.dim(clip(`  (${nameIn(root.issuer)}, which is not here)`, width)));
      draw(index, "  ", "└─ ", "   ");
    }
  }
  return lines;
}

function treeLine(one: Looked, index: number, lead: string, paint: Paint): string {
  const kind = one.isAuthority ? (one.isSelfSigned ? "root" : "authority") : one.isSelfSigned ? "signed by itself" : "";
  const facts = [kind, one.trusted === true ? "trusted here" : "", until(one)].filter((fact) => fact !== "").join(", ");
  const number = `[${index + 1}] `;
  const room = width - lead.length - number.length - facts.length - 2;
  const name = clip(one.name, Math.max(room, 20));
  const colour = one.state === "valid" ? paint.dim : stateColour(one, paint);
  return `${lead}${paint.dim(number)}${name}${" ".repeat(Math.max(room - name.length, 0) + 2)}${colour(facts)}`;
}

function until({ state, notAfter, notBefore }: CertificateReport): string {
  if (state === "expired") return `expired ${notAfter.slice(0, 10)}`;
  if (state === "not-yet-valid") return `from ${notBefore.slice(0, 10)}`;
  return `until ${notAfter.slice(0, 10)}`;
}

function stateColour({ state }: Pick<Looked, "state">, paint: Paint): (text: string) => string {
  if (state === "valid") return paint.good;
  return state === "expires-soon" ? paint.warn : paint.bad;
}

/** `index`: its place in the list, where it stands in one. */
function details(one: Looked, index: number | undefined, paint: Paint): string {
  const signer = one.signedBy === null ? "" : ` [${one.signedBy + 1}]`;
  const rows: (readonly [string, readonly string[]])[] = [
    ["subject", wrapped(one.subject)],
    ["issuer", wrapped(one.isSelfSigned ? "itself" : `${one.issuer}${signer}`)],
    ["names", wrapped(one.names.slice(0, 40).join(", ") + (one.names.length > 40 ? ", …" : ""))],
    ["use", wrapped(uses(one))],
    ["validity", [bar(one, paint), `${moment(one.notBefore)} to ${moment(one.notAfter)} UTC`]],
    ["key", [`${one.key}, signed: ${one.signature}`]],
    ["serial", wrapped(one.serial)],
    ["SHA-256", fingerprint(one.sha256)],
    ["SHA-1", fingerprint(one.sha1)],
  ];
  const lines = rows
    .filter(([, texts]) => texts.some((text) => text !== ""))
    .map(([name, texts]) => `   ${paint.dim(name.padEnd(label))}${indent([...texts], column)}`);
  const line = one.line === null ? "" : paint.dim(`  line ${one.line}`);
  const number = index === undefined ? "" : `[${index + 1}] `;
  return [
    `${paint.dim(number)}${paint.bold(one.name)}${line}`,
    ...lines,
    ...one.remarks.map((text) => remark(text, paint)),
  ].join("\n");
}

const wrapped = (text: string): string[] => wrap(text, width - column);

function uses({ usages, isAuthority }: Looked): string {
  const list = usages.length === 0 ? "not limited" : usages.join(", ");
  return isAuthority ? `authority: ${list}` : list;
}

/** How much of a life is over, and how much is left. */
export function life({
  used,
  notBefore,
  notAfter,
}: Pick<CertificateReport, "used" | "notBefore" | "notAfter">): string {
  const whole = Date.parse(notAfter) - Date.parse(notBefore);
  return said(used, whole * (1 - used), whole);
}

const cells = 30;
const day = 86_400_000;

/** How much of its life is over. */
function bar(one: Looked, paint: Paint): string {
  const filled = Math.round(Math.min(Math.max(one.used, 0), 1) * cells);
  const drawn = `${"█".repeat(filled)}${"░".repeat(cells - filled)}`;
  return `${stateColour(one, paint)(drawn)} ${life(one)}`;
}

function said(used: number, left: number, whole: number): string {
  if (used < 0) return `begins in ${span(-used * whole)}`;
  if (left < 0) return `expired ${span(-left)} ago`;
  return `${Math.floor(used * 100)} % used, ${span(left)} left`;
}

function span(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} days`;
  return ms >= 7_200_000 ? `${Math.floor(ms / 3_600_000)} hours` : `${Math.floor(ms / 60_000)} minutes`;
}

const moment = (iso: string): string => iso.slice(0, 16).replace("T", " ");

/** As other tools write it, in lines of sixteen octets. */
function fingerprint(hex: string): string[] {
  const pairs = hex.toUpperCase().match(/../g) ?? [];
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += 20) lines.push(pairs.slice(at, at + 20).join(":"));
  return lines;
}

function keyLine({ kind, line, encrypted, belongsTo, why }: LookedKey, paint: Paint): string {
  const place = line === null ? "" : `, line ${line}`;
  const head = `${paint.bold("private key")} ${kind ?? ""}${kind === null ? "" : ", "}${encrypted ? "encrypted" : "not encrypted"}${place}`;
  if (why !== null) return `${head}\n${remark(why, paint)}`;
  const whose =
    belongsTo === null ? paint.bad("belongs to no certificate here") : paint.good(`belongs to [${belongsTo + 1}]`);
  return `${head}: ${whose}`;
}

const remark = (text: string, paint: Paint): string => `   ${paint.warn("!")} ${indent(wrap(text, width - 5), 5)}`;

/** What people call the name that a distinguished name stands for. */
const nameIn = (name: string): string => /(?:^|, )CN=([^,]+)/.exec(name)?.[1] ?? name;

/** A certificate that is asked about: all that a person needs for an answer. */
export function renderCandidate(report: CertificateReport, paint: Paint): string {
  return details({ ...report, line: null, signedBy: null, trusted: null }, undefined, paint);
}

/** One of those that the user trusts, in three lines. */
export function renderEntry(
  one: CertificateReport & { readonly from: string; readonly added: string | null },
  paint: Paint,
): string {
  const since = one.added === null ? "" : `, added ${one.added.slice(0, 10)}`;
  const origin = one.from === "" ? [] : wrap(`from ${one.from}${since}`, width - 2);
  const [first = "", ...rest] = fingerprint(one.sha256);
  return [
    `${paint.bold(one.name)}  ${stateColour(one, paint)(until(one))}`,
    `  SHA-256 ${first}`,
    ...rest.map((line) => `          ${line}`),
    ...origin.map((line) => paint.dim(`  ${line}`)),
    ...one.remarks.map((text) => remark(text, paint)),
  ].join("\n");
}
