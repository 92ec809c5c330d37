import { Secret } from "../../base/secret.js";
import type { System } from "../../base/system.js";
import type { Network } from "../../clients/index.js";
import { parseTarget } from "../../doctor/index.js";
import {
  createSystem,
  dataFolderLocation,
  dataFolderPath,
  openBrowser,
  openKeyring,
  openSecretFiles,
  type SecretFiles,
} from "../../env/index.js";
import type { LoginSource } from "../../mcp/types.js";
import { resolveSecret } from "../../policy/index.js";
import type { SecretRef } from "../../policy/types.js";
import type { Context } from "../context.js";
import { invalidPort, secretInArguments, unsetVariable } from "../faults-mcp.js";
import type { McpFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";

interface Means {
  readonly context: Context;
  readonly network: Network;
  readonly system: System;
}

/** The login of a server, by the flags. */
export async function loginFor(
  server: URL,
  flags: McpFlags,
  { context, network, system }: Means,
): Promise<LoginSource> {
  const { terminal, variables } = context;
  const { clientId, clientSecret, clientKey, grant, scope, callbackPort, browser } = flags;
  const secret = clientSecret === undefined ? undefined : reference(clientSecret, variables);
  const from = (ref: SecretRef | undefined, setting: string): (() => Promise<Secret>) | undefined =>
    ref && (() => resolveSecret(ref, system, { setting }));
  const port = callbackPort === undefined ? undefined : portOf(callbackPort);
  const { createLoginSource, storeLogins } = await import("../../mcp/index.js");
  return createLoginSource({
    server,
    network,
    system,
    files: storeLogins(loginFiles(context), flags.tokenStore ?? "file", () => openKeyring(system)),
    // A closed stderr is no reason to stop.
    tell: (line) => void terminal.note(line).catch(() => undefined),
    openBrowser: browser ? (url) => openBrowser(url, { platform: system.platform, variables }) : undefined,
    clientId,
    clientSecret: from(secret, "--client-secret"),
    clientKey: from(clientKey === undefined ? undefined : { kind: "file", path: clientKey }, "--client-key"),
    grant,
    scope,
    callbackPort: port,
  });
}

/** `sallyport mcp logout <url>`: forgets the logins at that server. */
export async function mcpLogoutCommand(text: string, flags: McpFlags, context: Context): Promise<number> {
  const { forgetLogins, storeLogins } = await import("../../mcp/index.js");
  const url = parseTarget(text);
  const logins = storeLogins(loginFiles(context), "file", () => openKeyring(createSystem()));
  const count = await forgetLogins(logins, url);
  const { terminal } = context;
  if (flags.json === true) await terminal.json({ ok: true, forgotten: count });
  else
    await terminal.print(
      count === 0 ? `no login at ${url.host} was kept\n` : `the login at ${url.host} is forgotten\n`,
    );
  return exitCode.fine;
}

function loginFiles({ variables }: Context): SecretFiles {
  const { join } = process.getBuiltinModule("node:path");
  return openSecretFiles(join(dataFolderPath(dataFolderLocation(variables)), "mcp"));
}

/** No secret stands in the arguments themselves: `ps` shows those to everybody. */
function reference(text: string, variables: Context["variables"]): SecretRef {
  const name = /^\$\{(\w+)\}$/.exec(text)?.[1];
  if (name !== undefined) {
    const value = variables[name];
    if (value === undefined || value === "") throw unsetVariable(name);
    return { kind: "inline", secret: new Secret(value) };
  }
  const [, kind, rest = ""] = /^(file|command):(.+)$/s.exec(text) ?? [];
  if (kind === "file") return { kind, path: rest };
  if (kind === "command") return { kind, command: rest };
  throw secretInArguments();
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw invalidPort();
  return port;
}
