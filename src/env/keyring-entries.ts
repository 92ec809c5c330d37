import { isConnectError } from "../base/errors.js";
import { Secret } from "../base/secret.js";
import { keyringFault, keyringMissing, keyringSilent } from "./faults-keyring.js";
import type { Keyring, KeyringOptions } from "./keyring-types.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

/** What is used of the package `@napi-rs/keyring`. */
export interface KeyringPackage {
  AsyncEntry: new (
    service: string,
    name: string,
    options: { readonly linux: { readonly store: "secret-service" } },
  ) => {
    getPassword(): Promise<string | null>;
    setPassword(text: string): Promise<void>;
    deletePassword(): Promise<boolean>;
  };
}

const service = "sallyport";

/**
 * A secret in one entry is at most this long on Windows, whose limit is 2560 bytes of UTF-16. What is longer goes on in entries of its own
 * (`name#1`, …), and the first says how many there are.
 */
const longest = 1200;
const severalPieces = /^sallyport:pieces=(\d{1,3})\n/;

/** @throws {ConnectError} KEYRING_UNAVAILABLE where the package is not installed, or has no build for this machine */
export function openEntries({ platform, timeout = 120_000, load = installed }: KeyringOptions): Keyring {
  const { AsyncEntry } = loaded(load);
  // Without a name of the store the package falls back to the kernel's keyring, which forgets at the next start.
  const entry = (name: string): InstanceType<typeof AsyncEntry> =>
    new AsyncEntry(service, name, { linux: { store: "secret-service" } });
  const ask = <T>(question: () => Promise<T>): Promise<T> => answered(question, platform, timeout);
  const read = (name: string): Promise<string | undefined> =>
    ask(async () => (await entry(name).getPassword()) ?? undefined);
  const remove = (name: string): Promise<boolean> => ask(() => entry(name).deletePassword());
  const pieceName = (name: string, piece: number): string => (piece === 0 ? name : `${name}#${piece}`);
  const removeFrom = async (name: string, piece: number): Promise<void> => {
    while (await remove(pieceName(name, piece))) piece++;
  };
  return {
    async readSecret(name) {
      const first = await read(name);
      const [head, count] = severalPieces.exec(first ?? "") ?? [];
      if (first === undefined || head === undefined) return first === undefined ? undefined : new Secret(first);
      const pieces = [first.slice(head.length)];
      for (let piece = 1; piece < Number(count); piece++) pieces.push((await read(pieceName(name, piece))) ?? "");
      return new Secret(pieces.join(""));
    },
    async storeSecret(name, secret) {
      const pieces = platform === "win32" ? cut(secret.reveal()) : [secret.reveal()];
      // The first piece comes last: until then the old one stands.
      for (const [piece, text] of [...pieces.entries()].reverse())
        await ask(() => entry(pieceName(name, piece)).setPassword(text));
      if (platform === "win32") await removeFrom(name, pieces.length);
    },
    async removeSecret(name) {
      const wasThere = await remove(name);
      if (platform === "win32") await removeFrom(name, 1);
      return wasThere;
    },
  };
}

function cut(text: string): string[] {
  if (text.length <= longest) return [text];
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += longest) pieces.push(text.slice(at, at + longest));
  return pieces.map((piece, index) => (index === 0 ? `sallyport:pieces=${pieces.length}\n${piece}` : piece));
}

function installed(): unknown {
  // Taken at the point of use, as all that this room needs of Node.
  return process.getBuiltinModule("node:module").createRequire(import.meta.url)("@napi-rs/keyring");
}

function loaded(load: () => unknown): KeyringPackage {
  try {
    return load() as KeyringPackage;
  } catch (error) {
    throw keyringMissing(error);
  }
}

/** A desktop asks its user to unlock the keyring, and the package waits as long as that takes. */
async function answered<T>(question: () => Promise<T>, platform: NodeJS.Platform, timeout: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(keyringSilent(timeout)), timeout);
  });
  try {
    return await Promise.race([question(), silence]);
  } catch (error) {
    throw isConnectError(error) ? error : keyringFault(error, platform);
  } finally {
    clearTimeout(timer);
  }
}
