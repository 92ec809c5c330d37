import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab, LabProxy } from "../../../src/lab/index.js";
import { basicAuthorization } from "./office.js";

/** A proxy whose password changes, and a command and a file that tell it. */
export interface ChangingLogin extends AsyncDisposable {
  readonly proxy: LabProxy;
  /** For the option `proxy`, or a config file. */
  readonly byCommand: { readonly url: string; readonly username: string; readonly password: { command: string[] } };
  readonly byFile: { readonly url: string; readonly username: string; readonly password: { file: string } };
  /** The file that both read. */
  readonly path: string;
  /** A config file that names the command. */
  readonly config: string;
  /** How often the command has run. */
  runs(): Promise<number>;
  /** Changes the password at the proxy; what is told of it stays. */
  atProxy(password: string): void;
  /** Changes it at both. */
  change(password: string): Promise<void>;
  /** The logins that came since the last change at the proxy and were none of its own. */
  wrong(): readonly string[];
}

const username = "alice";

export async function changingLogin(lab: Lab, protocol: "http" | "https" | "socks" = "http"): Promise<ChangingLogin> {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-login-"));
  const [path, ran, config] = ["password", "ran", "config.json"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const proxy = await lab.proxy({ protocol, login: { username, password: "old" } });
  const command = ["/bin/sh", "-c", 'echo run >> "$1"; cat "$0"', path, ran];
  const byCommand = { url: proxy.url, username, password: { command } };
  await Promise.all([
    writeFile(path, "old\n", { mode: 0o600 }),
    writeFile(ran, ""),
    writeFile(config, JSON.stringify({ proxy: byCommand }), { mode: 0o600 }),
  ]);
  let changed = 0;
  const atProxy = (password: string): void => {
    changed = lab.log.events.at(-1)?.seq ?? 0;
    proxy.login = { username, password };
  };
  return {
    proxy,
    path,
    config,
    byCommand,
    byFile: { url: proxy.url, username, password: { file: path } },
    runs: async () => (await readFile(ran, "utf8")).split("\n").length - 1,
    atProxy,
    change: async (password) => {
      await writeFile(path, `${password}\n`);
      atProxy(password);
    },
    wrong: () => {
      const right = protocol === "socks" ? `${username}:${proxy.login?.password}` : basicAuthorization(proxy.login!);
      return lab.log
        .of(proxy.name)
        .filter(({ seq }) => seq > changed)
        .flatMap((event) => {
          if (event.kind === "connect") return event.authorization ?? [];
          return event.kind === "request" ? (event.headers["proxy-authorization"] ?? []) : [];
        })
        .filter((login) => login !== right);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
