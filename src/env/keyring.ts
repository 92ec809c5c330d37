import type { Keyring, KeyringOptions } from "./keyring-types.js";

export type { Keyring, KeyringOptions } from "./keyring-types.js";

/**
 * Loads the package `@napi-rs/keyring`, which is needed for this alone and installed by the user.
 * @throws {ConnectError} KEYRING_UNAVAILABLE where it is not installed, or has no build for this machine
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const { openEntries } = await import("./keyring-entries.js");
  return openEntries(options);
}
