import { codeOf } from "../base/error-code.js";
import { formatHostPort } from "../base/hostname.js";
import { Secret } from "../base/secret.js";
import type { ProxyAddress, StoredLogin } from "../base/system.js";
import { loginBroken, loginOpenToOthers, loginUnreadable, loginUnwritable } from "./faults-login.js";
import type { LoginFilesOptions, ProxyLogins } from "./proxy-logins-types.js";
import { openSecretFiles } from "./secret-files.js";

interface Entry {
  readonly version: 1;
  readonly proxy: string;
  readonly keyring?: true;
  readonly username?: string;
  readonly password?: string;
}

const { getBuiltinModule } = process;

export function openLoginFiles(folder: string, { location, keyring }: LoginFilesOptions): Omit<ProxyLogins, "path"> {
  const { join } = getBuiltinModule("node:path");
  const files = openSecretFiles(folder);
  const entryOf = (proxy: ProxyAddress): Promise<Entry | undefined> =>
    readEntry(join(folder, fileName(proxy)), nameOf(proxy), location.platform);
  /** To be replaced or removed: whatever is wrong with it. */
  const anyEntryOf = async (proxy: ProxyAddress): Promise<Partial<Entry> | undefined> => {
    const text = await files.read(fileName(proxy)).catch((error: unknown) => {
      throw loginUnreadable(folder, nameOf(proxy), error);
    });
    return text === undefined ? undefined : (parsed(text) ?? {});
  };
  return {
    async read(proxy) {
      const name = nameOf(proxy);
      const entry = await entryOf(proxy);
      if (entry === undefined) return undefined;
      if (entry.keyring !== true) return loginIn(entry, folder, name);
      const kept = await (await keyring()).readSecret(keyOf(name));
      // Removed by the keyring's own program.
      return kept && loginIn(parsed(kept.reveal()), "the keyring", name);
    },
    async find(proxy) {
      const entry = await entryOf(proxy);
      return entry && (entry.keyring === true ? "keyring" : "file");
    },
    async store(proxy, { username, password }, place) {
      const name = nameOf(proxy);
      const login = { username, password: password.reveal() };
      const before = await anyEntryOf(proxy);
      if (place === "keyring") await (await keyring()).storeSecret(keyOf(name), new Secret(JSON.stringify(login)));
      const entry: Entry = { version: 1, proxy: name, ...(place === "keyring" ? { keyring: true } : login) };
      await files.write(fileName(proxy), JSON.stringify(entry)).catch((error: unknown) => {
        throw loginUnwritable(folder, error);
      });
      if (place === "file" && before?.keyring === true) await (await keyring()).removeSecret(keyOf(name));
    },
    async remove(proxy) {
      const entry = await anyEntryOf(proxy);
      if (entry === undefined) return undefined;
      if (entry.keyring === true) await (await keyring()).removeSecret(keyOf(nameOf(proxy)));
      await files.remove(fileName(proxy));
      return entry.keyring === true ? "keyring" : "file";
    },
  };
}

const nameOf = ({ protocol, host, port }: ProxyAddress): string => `${protocol}://${formatHostPort(host, port)}`;

const keyOf = (name: string): string => `proxy:${name}`;

/** The file that says whether a login is stored for a proxy. A host may hold what no file's name may. */
export function fileName(proxy: ProxyAddress): string {
  const { createHash } = getBuiltinModule("node:crypto");
  return `${createHash("sha256").update(nameOf(proxy)).digest("hex").slice(0, 24)}.json`;
}

async function readEntry(path: string, name: string, platform: NodeJS.Platform): Promise<Entry | undefined> {
  const { open } = getBuiltinModule("node:fs/promises");
  let text: string;
  let mode: number;
  try {
    const file = await open(path, "r");
    try {
      ({ mode } = await file.stat());
      text = await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw loginUnreadable(path, name, error);
  }
  if (platform !== "win32" && (mode & 0o077) !== 0) throw loginOpenToOthers(path, name);
  const entry = parsed(text);
  if (entry?.version !== 1 || entry.proxy !== name) throw loginBroken(path, name);
  return entry as Entry;
}

function loginIn(entry: Partial<Entry> | undefined, where: string, name: string): StoredLogin {
  const { username, password } = entry ?? {};
  if (typeof username !== "string" || typeof password !== "string") throw loginBroken(where, name);
  return { username, password: new Secret(password) };
}

function parsed(text: string): Partial<Entry> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
