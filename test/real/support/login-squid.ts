import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AccessLog } from "./access-log.js";
import { startDaemon } from "./daemon.js";
import { freePorts } from "./ports.js";
import { findSquid, squidArguments } from "./programs.js";
import { nobody, proxyNames } from "./site.js";
import { loginConfiguration, parseSquidLine, type SquidLine } from "./squid.js";

const username = "alice";

/** A squid of a test's own, whose one password changes while it runs. */
export interface LoginSquid extends AsyncDisposable {
  readonly port: number;
  readonly log: AccessLog<SquidLine>;
  /** A config file in which a command tells the password. */
  readonly config: string;
  /** How often the command has run. */
  runs(): Promise<number>;
  /** What the command tells. */
  tell(password: string): Promise<void>;
  /** Changes it in squid, and resolves when squid goes by it. */
  change(password: string, before: string): Promise<void>;
}

/** @returns undefined where squid is missing */
export async function startLoginSquid(password: string): Promise<LoginSquid | undefined> {
  const squid = findSquid();
  if (squid === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "sallyport-login-"));
  const at = (file: string): string => join(directory, file);
  const port = (await freePorts(1))();
  const files = { directory, passwords: at("passwords"), hosts: at("hosts"), helpers: squid.helpers };
  const command = ["/bin/sh", "-c", 'echo run >> "$1"; cat "$0"', at("told"), at("ran")];
  const proxy = { url: `http://localhost:${port}`, username, password: { command } };
  await writeFile(files.hosts, proxyNames.map((name) => `127.0.0.1 ${name}\n`).join(""));
  await writeFile(files.passwords, entry(password));
  await writeFile(at("squid.conf"), loginConfiguration(port, files));
  await writeFile(at("told"), password);
  await writeFile(at("ran"), "");
  await writeFile(at("config.json"), JSON.stringify({ proxy }), { mode: 0o600 });
  const account = nobody();
  await chmod(directory, 0o755);
  if (account !== undefined) execFileSync("chown", [`${account.uid}:${account.gid}`, directory]);
  const args = squidArguments(at("squid.conf"), port);
  const daemon = await startDaemon("login", { command: squid.program, args, ports: [port], directory, account });
  return {
    port,
    log: new AccessLog(at("login.access.log"), parseSquidLine, port),
    config: at("config.json"),
    runs: async () => (await readFile(at("ran"), "utf8")).split("\n").length - 1,
    tell: (told) => writeFile(at("told"), told),
    change: async (to, before) => {
      await writeFile(files.passwords, entry(to));
      // The helper reads it again when it was written in another second.
      await utimes(files.passwords, new Date(), new Date(Date.now() + 10_000));
      while ((await statusWith(port, before)) !== "407") await delay(50);
    },
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function entry(password: string): string {
  const hash = execFileSync("openssl", ["passwd", "-apr1", "-stdin"], { input: `${password}\n`, encoding: "utf8" });
  return `${username}:${hash}`;
}

/** What squid answers to a CONNECT with this password; undefined while it takes no connection. */
function statusWith(port: number, password: string): Promise<string | undefined> {
  const login = Buffer.from(`${username}:${password}`).toString("base64");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `CONNECT origin.test:1 HTTP/1.1\r\nHost: origin.test:1\r\nProxy-Authorization: Basic ${login}\r\n\r\n`,
    );
    socket.once("data", (answer: Buffer) => {
      socket.destroy();
      resolve(/^HTTP\/1\.1 (\d+)/.exec(answer.toString("latin1"))?.[1]);
    });
    socket.once("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
  });
}
