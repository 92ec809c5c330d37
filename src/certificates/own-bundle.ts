import type { X509Certificate } from "node:crypto";
import { isCertificateBlock } from "../base/pem-certificate.js";
import { formatPem, readPem } from "../base/pem.js";
import { shown } from "./describe.js";
import { brokenBundle } from "./faults-trust.js";
import { parseCertificate } from "./parse.js";

/** An authority that the user has decided to trust. */
export interface TrustedEntry {
  readonly certificate: X509Certificate;
  /** In words where it came from; empty where that is not known, of one that was written by hand. */
  readonly from: string;
  /** ISO 8601; empty where not known. */
  readonly added: string;
}

const head = `# The authorities that this user trusts beside the machine's own: sallyport trust list, add and remove.
# Every program on the way through sallyport takes them, and so does whoever reads this file.
`;

/**
 * The entries of the user's own bundle.
 * @throws {ConnectError} CA_FILE_INVALID where it holds something else as well: written back, that would be lost
 */
export function parseBundle(text: string, path: string): TrustedEntry[] {
  if (text.trim() === "") return [];
  const { blocks, problems } = readPem(Buffer.from(text, "utf8"));
  const [problem] = problems;
  if (problem !== undefined) throw brokenBundle(path, problem.line);
  const lines = text.split("\n");
  return blocks.map((block) => {
    if (!isCertificateBlock(block)) throw brokenBundle(path, block.line);
    const certificate = parseCertificate(Buffer.from(block.base64, "base64"));
    if (certificate === undefined) throw brokenBundle(path, block.line);
    return { certificate, ...remarksAbove(lines, block.line) };
  });
}

/** The comment lines that stand right above a block. */
function remarksAbove(lines: readonly string[], line: number): Pick<TrustedEntry, "from" | "added"> {
  const found = { from: "", added: "" };
  for (let at = line - 2; at >= 0; at--) {
    const [, key, value = ""] = /^# (From|Added): (.*?)\r?$/.exec(lines[at] ?? "") ?? [];
    if (key === "From") found.from = shown(value);
    else if (key === "Added") found.added = shown(value, 30);
    else if (lines[at]?.startsWith("#") !== true) break;
  }
  return found;
}

export function formatBundle(entries: readonly TrustedEntry[]): string {
  return `${head}${entries.map(formatEntry).join("")}`;
}

/** Programs look for markers in whatever stands in the file: what looks like one is taken out of the words. */
function formatEntry({ certificate, from, added }: TrustedEntry): string {
  const word = (text: string): string => shown(text).replace(/-{2,}/g, "-");
  const name = word(certificate.subject.split("\n").reverse().join(", "));
  const remarks = [`# ${name}`, `# From: ${word(from)}`, `# Added: ${word(added)}`];
  return `\n${remarks.join("\n")}\n${formatPem("CERTIFICATE", certificate.raw.toString("base64"))}`;
}
