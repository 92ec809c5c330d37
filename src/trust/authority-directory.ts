import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem } from "../base/pem.js";
import type { System } from "../base/system.js";
import type { FileSetting } from "../policy/types.js";
import type { Authorities, AuthorityReader } from "./authority-file.js";
import {
  damagedEntries,
  expiredEntries,
  expiredIn,
  fileInsteadOfDirectory,
  unreadableDirectory,
  unreadableEntries,
} from "./faults-directory.js";
import { codeOf } from "../base/error-code.js";

// Names that c_rehash and `openssl rehash` give, and those that people give.
const certificateName = /^[0-9a-f]{8}\.\d+$|\.(?:pem|crt)$/;
/** File reads go through a pool of four threads; more at once than this only costs memory. */
const atOnce = 16;

/** The paths of those of its entries that are taken for certificates; none where it cannot be read. */
export async function filesOfDirectory(
  directory: string,
  system: Pick<System, "readDirectory" | "platform">,
): Promise<readonly string[]> {
  const names = await system.readDirectory(directory).catch(() => []);
  return names.filter((name) => certificateName.test(name)).map((name) => join(directory, name, system));
}

const join = (directory: string, name: string, { platform }: Pick<System, "platform">): string =>
  `${directory}${platform === "win32" ? "\\" : "/"}${name}`;

/**
 * Reads a directory as OpenSSL reads SSL_CERT_DIR, and takes names that were not hashed as well. Everything that is wrong
 * is a warning: such directories hold what others put there, and OpenSSL says nothing about it either.
 */
export async function readAuthorityDirectory(setting: FileSetting, reader: AuthorityReader): Promise<Authorities> {
  const directory = setting.value;
  if (setting.fault !== undefined) return { certificates: [], expired: 0, faults: [setting.fault] };
  let names: string[];
  try {
    names = (await reader.system.readDirectory(directory)).filter((name) => certificateName.test(name)).sort();
  } catch (cause) {
    const fault = (await isFile(directory, reader))
      ? fileInsteadOfDirectory(setting, cause)
      : unreadableDirectory(setting, cause);
    return { certificates: [], expired: 0, faults: [fault] };
  }

  const { good, expired, damaged, unreadable, blamed } = sortEntries(await readAll(names, directory, reader), reader);
  const faults = [
    ...(unreadable.length > 0 ? [unreadableEntries(setting, unreadable)] : []),
    ...(damaged.length > 0 ? [damagedEntries(setting, damaged)] : []),
    ...(blamed.length > 0 ? [expiredEntries(setting, blamed)] : []),
  ];
  return { certificates: [...good], expired, faults };
}

async function isFile(path: string, { system }: AuthorityReader): Promise<boolean> {
  return system.stat(path).then(
    (stat) => stat.isFile(),
    () => false,
  );
}

interface SortedEntries {
  readonly good: Set<string>;
  expired: number;
  /** Names of files, for people. */
  readonly unreadable: string[];
  readonly damaged: string[];
  readonly blamed: string[];
}

function sortEntries(entries: readonly Entry[], { judge, expiredInStore }: AuthorityReader): SortedEntries {
  const sorted: SortedEntries = { good: new Set(), expired: 0, unreadable: [], damaged: [], blamed: [] };
  const seen = new Set<string>();
  for (const { name, bytes } of entries) {
    if (bytes === undefined) {
      sorted.unreadable.push(name);
      continue;
    }
    const { blocks, problems } = readPem(bytes);
    // A folder of key pairs is fine: keys are simply not looked at.
    if (problems.length > 0 || blocks.length === 0) sorted.damaged.push(name);
    for (const block of blocks.filter(isCertificateBlock)) {
      const { base64, forServers } = certificateOf(block) ?? { base64: "", forServers: true };
      // Each certificate is commonly there twice: under its name, and under its hash as a link to that.
      if (!forServers || seen.has(base64)) continue;
      seen.add(base64);
      const judgement = judge(base64);
      if (judgement.kind === "good") sorted.good.add(base64);
      else if (judgement.kind === "damaged") sorted.damaged.push(name);
      else {
        sorted.expired++;
        if (!expiredInStore.has(base64)) sorted.blamed.push(expiredIn(name, judgement.subject));
      }
    }
  }
  return sorted;
}

interface Entry {
  readonly name: string;
  /** Undefined where it could not be read. */
  readonly bytes: Buffer | undefined;
}

async function readAll(names: readonly string[], directory: string, { system }: AuthorityReader): Promise<Entry[]> {
  const entries: (Entry | undefined)[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < names.length; index = next++) {
      const name = names[index] ?? "";
      try {
        entries[index] = { name, bytes: await system.readFile(join(directory, name, system)) };
      } catch (error) {
        // A directory with such a name, or a link whose file went away: `rehash` leaves those behind.
        const code = codeOf(error);
        if (code !== "ENOENT" && code !== "EISDIR") entries[index] = { name, bytes: undefined };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return entries.filter((entry) => entry !== undefined);
}
