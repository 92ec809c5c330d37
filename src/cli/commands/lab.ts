import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { singleQuoted } from "../../base/quote-path.js";
import { wrap, type Paint } from "../../doctor/index.js";
import type { LabEvent, StandardLab } from "../../lab/types.js";
import { endedBy, exitCode } from "../terminal/io.js";
import type { Context } from "../context.js";
import { definedVariables } from "./network.js";
import type { GlobalFlags } from "../invocation.js";
import { commandNotStarted } from "../faults.js";

/**
 * `sallyport lab`: the standard lab until Ctrl-C, with what it sees on stderr; or, with a command, until that ends.
 * The command gets the variables for the lab's strictest proxy, and its exit status becomes ours.
 */
export async function labCommand(command: readonly string[], flags: GlobalFlags, context: Context): Promise<number> {
  const { startStandardLab, labVariables } = await import("../../lab/index.js");
  await using lab = await startStandardLab();
  const variables = labVariables(lab, lab.strict, { noProxy: ".inside.test" });
  const [program, ...rest] = command;
  if (program !== undefined) return await runInside(program, rest, variables, context);

  const { terminal, io } = context;
  if (flags.json === true)
    await terminal.json({
      directory: lab.directory,
      origins: lab.origins.map(describe),
      proxies: lab.proxies.map(describe),
      variables,
    });
  else await terminal.print(renderLab(lab, variables, terminal.out));
  let shown = 0;
  while (!io.signal.aborted) {
    for (const event of lab.log.events.slice(shown)) {
      const line = describeEvent(event);
      if (line !== undefined) await terminal.note(line);
    }
    shown = lab.log.events.length;
    await pause(200, io.signal);
  }
  return exitCode[endedBy(io.signal)];
}

const describe = ({ name, url }: { readonly name: string; readonly url: string }): { name: string; url: string } => ({
  name,
  url,
});

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

async function runInside(
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  { io, variables: own }: Context,
): Promise<number> {
  // A lower-case variable of the user's would win over ours.
  const inherited = Object.entries(definedVariables(own)).filter(
    ([name]) =>
      !/^((https?|all|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(SALLYPORT|CLAUDE_CODE)_.*)$/i.test(name),
  );
  const child = spawn(program, args, { stdio: "inherit", env: { ...Object.fromEntries(inherited), ...variables } });
  // A terminal's Ctrl-C reaches the child by itself: ours is to wait for it.
  const forward = (): void => void child.kill("SIGTERM");
  io.signal.addEventListener("abort", forward, { once: true });
  try {
    const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch {
    throw commandNotStarted();
  } finally {
    io.signal.removeEventListener("abort", forward);
  }
}

/** The whole lab on one screen, with lines to paste into another terminal. */
function renderLab(lab: StandardLab, variables: Readonly<Record<string, string>>, paint: Paint): string {
  const rows = (parts: readonly (readonly [string, string])[]): string =>
    parts.map(([left, right]) => `  ${left.padEnd(34)}${paint.dim(right)}`).join("\n");
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${singleQuoted(value)}`);
  return `${paint.bold("A corporate network in a box")}, until Ctrl-C. All on loopback; nothing leaves this machine.

${paint.bold("Servers")} ${paint.dim("(*.lab.test is known only to the proxies)")}
${rows([
  [lab.api.url, "no client certificate"],
  [lab.mtls.url, "requires a client certificate"],
  [lab.inside.url, "inside"],
  [lab.plain.url, "without TLS"],
])}

${paint.bold("Proxies")} ${paint.dim(`(login ${lab.login.username}, password ${lab.login.password})`)}
${rows([
  [lab.basic.url, "login"],
  [lab.overTls.url, "login, over TLS"],
  [lab.inspector.url, "inspects TLS"],
  [lab.socks.url, "SOCKS5 with login"],
  [lab.strict.url, "login, over TLS, inspects TLS"],
])}
  ${wrap(`Both inspectors leave ${lab.mtls.name} alone: a client certificate cannot pass one.`, 76).join("\n  ")}

${paint.bold("In another terminal")}
${exports.join("\n")}

sallyport doctor ${lab.api.url}/ ${lab.mtls.url}/
`;
}

/** What happened, for who watches. Logins stay out even here. */
function describeEvent(event: LabEvent): string | undefined {
  switch (event.kind) {
    case "connect":
      return `${event.by}: CONNECT ${event.target}, ${event.authorization === undefined ? "no login" : "with a login"}, answered ${event.status}`;
    case "request":
      return `${event.by}: ${event.method} ${withoutQuery(event.url)}${event.inspected ? ", read inside the tunnel" : ""}${event.peer === undefined ? "" : `, certificate CN=${event.peer}`}`;
    case "tls-failed":
      return `${event.by}: TLS failed, ${event.error}`;
    default:
      return undefined;
  }
}

const withoutQuery = (url: string): string => url.replace(/\?.*$/s, "");
