import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessLog } from "./access-log.js";
import { startDaemon } from "./daemon.js";
import { freePorts } from "./ports.js";
import { findSquid, squidArguments } from "./programs.js";
import { nobody, proxyNames } from "./site.js";
import { parseSquidLine, schemeConfiguration, type SquidLine } from "./squid.js";

/** A squid that takes logins by one scheme alone. */
export interface SchemeSquid extends AsyncDisposable {
  readonly port: number;
  readonly log: AccessLog<SquidLine>;
  /** Leaves the log. */
  stop(): Promise<void>;
}

export interface SchemeOptions {
  /** `auth_param` lines; `helpers` is where squid's package keeps its programs, `at` a file of the squid's own folder. */
  readonly scheme: (helpers: string, at: (file: string) => string) => string;
  /** Files for the folder, by name. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Names that it knows besides those of the site; all of them are on this machine. */
  readonly names?: readonly string[];
}

/** @returns undefined where squid is missing */
export async function startSchemeSquid({
  scheme,
  files = {},
  env = {},
  names = [],
}: SchemeOptions): Promise<SchemeSquid | undefined> {
  const squid = findSquid();
  if (squid === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "sallyport-scheme-"));
  const at = (file: string): string => join(directory, file);
  const port = (await freePorts(1))();
  const hosts = at("hosts");
  await writeFile(hosts, [...proxyNames, ...names].map((name) => `127.0.0.1 ${name}\n`).join(""));
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content, { mode: 0o644 });
  const own = { directory, passwords: at("passwords"), hosts, helpers: squid.helpers };
  await writeFile(at("squid.conf"), schemeConfiguration(port, scheme(squid.helpers, at), own));
  await chmod(directory, 0o755);
  const account = nobody();
  if (account !== undefined) execFileSync("chown", ["-R", `${account.uid}:${account.gid}`, directory]);
  const daemon = await startDaemon("scheme", {
    command: squid.program,
    args: squidArguments(at("squid.conf"), port),
    ports: [port],
    directory,
    account,
    env,
  });
  return {
    port,
    log: new AccessLog(at("scheme.access.log"), parseSquidLine, port),
    stop: () => daemon.stop(),
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
