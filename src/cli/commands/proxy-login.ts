import { loadPolicy, proxyLogins } from "./network.js";
import { Secret } from "../../base/secret.js";
import { isWithoutKeyring, type ProxyLogins } from "../../env/index.js";
import type { LoginPlace, StoredLogin } from "../../base/system.js";
import { formatProxy } from "../../policy/index.js";
import type { ProxyServer } from "../../policy/types.js";
import type { Context } from "../context.js";
import { noPassword, noUser } from "../faults-login.js";
import type { GlobalFlags, LoginFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import { namedProxy } from "./named-proxy.js";

/** `sallyport login`: keeps user and password for one proxy. */
export async function loginCommand(text: string | undefined, flags: LoginFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const proxy = namedProxy(text ?? flags.proxy, loadPolicy(flags, context), "login");
  const name = nameOf(proxy);
  const login = await askForLogin(name, flags.user, context);
  const logins = proxyLogins(context);
  const place = await keep(logins, proxy, login, flags.store, (note) => terminal.note(note));
  if (flags.json === true) await terminal.json({ ok: true, proxy: name, store: place });
  else {
    const where = place === "keyring" ? "in the keyring" : `in ${logins.path} (mode 0600)`;
    await terminal.print(`the login for ${name} is kept ${where}\n`);
  }
  return exitCode.fine;
}

/** `sallyport logout`: forgets it. */
export async function logoutCommand(text: string | undefined, flags: GlobalFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const proxy = namedProxy(text ?? flags.proxy, loadPolicy(flags, context), "logout");
  const name = nameOf(proxy);
  const place = await proxyLogins(context).remove(proxy);
  if (flags.json === true) await terminal.json({ ok: true, proxy: name, forgotten: place !== undefined });
  else
    await terminal.print(
      place === undefined ? `no login for ${name} was kept\n` : `the login for ${name} is forgotten\n`,
    );
  return exitCode.fine;
}

const nameOf = ({ protocol, host, port }: ProxyServer): string => formatProxy({ protocol, host, port });

/** In the keyring, or where the machine has none, in a file. One that is locked can be unlocked: that is told. */
async function keep(
  logins: ProxyLogins,
  proxy: ProxyServer,
  login: StoredLogin,
  wanted: LoginPlace | undefined,
  note: (text: string) => Promise<void>,
): Promise<LoginPlace> {
  if (wanted !== "file") {
    try {
      await logins.store(proxy, login, "keyring");
      return "keyring";
    } catch (error) {
      if (wanted === "keyring" || !isWithoutKeyring(error)) throw error;
      await note(`not in the keyring: ${error instanceof Error ? error.message : ""}`);
    }
  }
  await logins.store(proxy, login, "file");
  return "file";
}

/** From the terminal, the password unseen; else from standard input, a line for each. Never from the arguments. */
async function askForLogin(proxy: string, user: string | undefined, { io }: Context): Promise<StoredLogin> {
  const { ask } = io;
  const lines = ask === undefined ? readLines(io.stdin) : undefined;
  const answer = async (question: string, hidden: boolean): Promise<string> =>
    (await (ask === undefined ? lines?.next() : ask(question, hidden))) ?? "";
  const username = user ?? (await answer(`User for ${proxy}: `, false)).trim();
  if (username === "") throw noUser();
  const password = await answer(`Password of ${username}: `, true);
  if (password === "") throw noPassword();
  return { username, password: new Secret(password) };
}

function readLines(input: AsyncIterable<Uint8Array>): { next(): Promise<string | undefined> } {
  let all: Promise<string[]> | undefined;
  const read = async (): Promise<string[]> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of input) chunks.push(chunk);
    return Buffer.concat(chunks)
      .toString("utf8")
      .replace(/^\ufeff/, "")
      .split(/\r?\n/);
  };
  let at = 0;
  return {
    async next() {
      all ??= read();
      return (await all)[at++];
    },
  };
}
