import { createHash } from "node:crypto";
import { isConnectError } from "../../base/errors.js";
import type { SecretFiles } from "../../env/index.js";
import type { LoginOptions, StoredLogin } from "./types.js";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The server as it is asked, whatever stands behind `#`. */
const keyOf = (server: URL): string => digest(server.href.replace(/#.*$/s, ""));

/** Named by server and client: two clients of one server are two logins. */
export function fileOf({ server, clientId = "", grant }: Pick<LoginOptions, "server" | "clientId" | "grant">): string {
  return `login-${keyOf(server)}-${digest(`${clientId}\n${grant ?? ""}`)}.json`;
}

/**
 * Undefined where there is none, or one that cannot be read: then one logs in again.
 * @throws {ConnectError} KEYRING_UNAVAILABLE
 */
export async function readLogin(files: SecretFiles, name: string): Promise<StoredLogin | undefined> {
  try {
    const text = await files.read(name);
    const login = text === undefined ? undefined : (JSON.parse(text) as Partial<StoredLogin>);
    const isWhole = login?.version === 1 && login.authorizationServer !== undefined && login.client !== undefined;
    return isWhole ? (login as StoredLogin) : undefined;
  } catch (error) {
    // A keyring that is locked can be unlocked: whoever wants the login in there is not asked for another one.
    if (isConnectError(error)) throw error;
    return undefined;
  }
}

/**
 * Forgets the logins at a server, of all clients. Gives how many there were.
 * @internal
 */
export async function forgetLogins(files: SecretFiles, server: URL): Promise<number> {
  const begin = `login-${keyOf(server)}-`;
  const names = (await files.names()).filter((name) => name.startsWith(begin) && name.endsWith(".json"));
  for (const name of names) await files.remove(name);
  return names.length;
}
