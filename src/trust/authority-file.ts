import { isConnectError, type ConnectError } from "../base/errors.js";
import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem, type PemBlock } from "../base/pem.js";
import type { System } from "../base/system.js";
import type { FileSetting } from "../policy/types.js";
import type { Judge } from "./certificate.js";
import {
  badLines,
  certificateDamaged,
  expired,
  foreignBlock,
  noPem,
  notAnAuthority,
  notForServers,
  unreadable,
  type Expired,
  type LineProblem,
} from "./faults-file.js";

/** What one file or directory gives to the bundle. */
export interface Authorities {
  /** Base64 of the DER, in the order of the file; expired and damaged ones are not among them. */
  readonly certificates: readonly string[];
  readonly expired: number;
  readonly faults: readonly ConnectError[];
}

export interface AuthorityReader {
  readonly system: System;
  readonly judge: Judge;
  /** Expired authorities that the operating system ships: no file that merely repeats them is blamed. */
  readonly expiredInStore: ReadonlySet<string>;
}

/** Reads one PEM file of authorities. Never throws: what is wrong is among the faults, what is good still counts. */
export async function readAuthorityFile(setting: FileSetting, reader: AuthorityReader): Promise<Authorities> {
  const path = setting.value;
  const bytes = await readSetting(setting, reader.system);
  if (isConnectError(bytes)) return { certificates: [], expired: 0, faults: [bytes] };
  const file = readPem(bytes);
  const sorted = sortBlocks(file.blocks, setting.text === undefined ? path : "FILE", reader);
  const problems = [...file.problems, ...sorted.problems].sort((a, b) => a.line - b.line);
  const faults: ConnectError[] = [];
  const usable = sorted.certificates.length;
  const first = problems[0];
  if (first !== undefined) {
    faults.push(badLines(setting, first, usable, problems.length));
  } else if (file.blocks.length === 0) {
    faults.push(noPem(setting, file));
  }
  if (sorted.blamed.length > 0) faults.push(expired(setting, sorted.blamed, usable));
  for (const { line, subject } of sorted.leaves) faults.push(notAnAuthority(setting, line, subject));
  return { certificates: sorted.certificates, expired: sorted.expired, faults };
}

/** All certificates of a PEM file as base64 of their DER, whatever else it holds. */
export function certificatesIn(bytes: Buffer): readonly string[] {
  return readPem(bytes)
    .blocks.filter(isCertificateBlock)
    .flatMap((block) => certificateOf(block)?.base64 ?? []);
}

/** The file, or the text that stands in its place in the setting; otherwise what keeps it from being read. */
async function readSetting(setting: FileSetting, system: System): Promise<Buffer | ConnectError> {
  const { value: path, text, fault } = setting;
  if (text !== undefined) return Buffer.from(text.reveal());
  if (fault !== undefined) return fault;
  try {
    return await system.readFile(path);
  } catch (cause) {
    return unreadable(setting, cause);
  }
}

interface Sorted {
  readonly certificates: string[];
  expired: number;
  readonly blamed: Expired[];
  readonly leaves: { readonly line: number; readonly subject: string }[];
  readonly problems: (LineProblem & { readonly line: number })[];
}

function sortBlocks(blocks: readonly PemBlock[], path: string, { judge, expiredInStore }: AuthorityReader): Sorted {
  const sorted: Sorted = { certificates: [], expired: 0, blamed: [], leaves: [], problems: [] };
  for (const block of blocks) {
    const { label, line } = block;
    if (!isCertificateBlock(block)) {
      sorted.problems.push({ line, ...foreignBlock(label, path) });
      continue;
    }
    const certificate = certificateOf(block);
    if (certificate?.forServers === false) {
      sorted.problems.push({ line, ...notForServers() });
      continue;
    }
    const base64 = certificate?.base64 ?? "";
    const judgement = judge(base64);
    if (judgement.kind === "good") {
      sorted.certificates.push(base64);
      if (!judgement.authority) sorted.leaves.push({ line, subject: judgement.subject });
    } else if (judgement.kind === "damaged") {
      sorted.problems.push({ line, ...certificateDamaged() });
    } else {
      sorted.expired++;
      if (!expiredInStore.has(base64)) sorted.blamed.push({ line, ...judgement });
    }
  }
  return sorted;
}
