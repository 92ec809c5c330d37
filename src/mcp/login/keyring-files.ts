import { Secret } from "../../base/secret.js";
import type { Keyring, SecretFiles } from "../../env/index.js";

/** Where logins are kept. */
export type TokenStore = "file" | "keyring";

/** What a file holds whose login is in the keyring. The file still says that there is one, and is what processes lock. */
const elsewhere = JSON.stringify({ version: 1, keyring: true });

/**
 * Logins by the names of files. New ones go where `store` says; one that is in the keyring is found there whatever `store` says, so that
 * nothing asks the keyring, or loads what reads it, unless somebody wanted it once.
 * @throws {ConnectError} KEYRING_UNAVAILABLE of `read`, `write`, `remove` and `lock`
 * @internal
 */
export function storeLogins(files: SecretFiles, store: TokenStore, open: () => Promise<Keyring>): SecretFiles {
  let opened: Promise<Keyring> | undefined;
  const keyring = (): Promise<Keyring> => (opened ??= open());
  const entry = (name: string): string => `mcp:${name.replace(/\.json$/, "")}`;
  const read = async (name: string): Promise<string | undefined> => {
    const text = await files.read(name);
    if (text !== elsewhere) return text;
    return (await (await keyring()).readSecret(entry(name)))?.reveal();
  };
  const forget = async (name: string): Promise<void> => {
    if ((await files.read(name)) === elsewhere) await (await keyring()).removeSecret(entry(name));
  };
  return {
    ...files,
    path: store === "keyring" ? "the keyring" : files.path,
    read,
    async write(name, text) {
      if (store === "file") {
        await forget(name);
        return files.write(name, text);
      }
      await (await keyring()).storeSecret(entry(name), new Secret(text));
      await files.write(name, elsewhere);
    },
    async remove(name) {
      await forget(name);
      await files.remove(name);
    },
    async lock(name, signal) {
      // Before a person logs in, and not after it: what cannot be kept.
      if (store === "keyring") await (await keyring()).readSecret(entry(name));
      return files.lock(name, signal);
    },
  };
}
