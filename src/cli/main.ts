import { findConnectError } from "../base/errors.js";
import { readEnvironment } from "../env/index.js";
import { codeFor, NotLaunched, type Context } from "./context.js";
import { endedBy, exitCode, OutputClosed, type Io } from "./terminal/io.js";
import { stuck, usageFault } from "./faults-usage.js";
import type { Invocation } from "./invocation.js";
import { parseArguments } from "./program.js";
import { UsageError } from "./usage-error.js";
import { createTerminal, type Terminal } from "./terminal/terminal.js";

/**
 * Runs one command line and gives the exit code; never throws. Everything is printed through `io`, so that tests and the
 * demo run what the user runs.
 */
export async function main(argv: readonly string[], io: Io, version = ""): Promise<number> {
  const { variables, terminal, json } = open(argv, io);
  try {
    const invocation = parseArguments(argv, version, io.stdout.isTTY);
    return await run(invocation, { io, terminal, variables, version });
  } catch (error) {
    try {
      return await report(error, { io, terminal, json, debug: variables["SALLYPORT_DEBUG"] === "1" });
    } catch (second) {
      if (second instanceof OutputClosed) return exitCode.fine;
      return exitCode.internal;
    }
  }
}

/**
 * Says so where nothing is left that could wake what {@link main} waits for, and gives the exit code: Node would end the process with 0.
 */
export async function saysItIsStuck(argv: readonly string[], io: Io): Promise<number> {
  const { terminal, json } = open(argv, io);
  if (json) await terminal.json({ ok: false, internal: stuck });
  else await terminal.fail(stuck);
  return exitCode.internal;
}

/** What is needed to report that the arguments cannot be parsed, hence looked for before they are. */
function open(argv: readonly string[], io: Io): Pick<Context, "variables" | "terminal"> & { readonly json: boolean } {
  const variables = io.variables ?? readEnvironment().variables;
  const before = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
  const terminal = createTerminal(io, { color: !before.includes("--no-color"), variables });
  return { variables, terminal, json: before.includes("--json") };
}

async function run(invocation: Invocation, context: Context): Promise<number> {
  switch (invocation.command) {
    case "text":
      await context.terminal.print(invocation.text);
      return exitCode.fine;
    case "fetch":
      return (await import("./commands/fetch.js")).fetchCommand(invocation.url, invocation.flags, context);
    case "explain":
      return (await import("./commands/explain.js")).explainCommand(invocation.url, invocation.flags, context);
    case "explain-error":
      return (await import("./commands/explain-error.js")).explainErrorCommand(
        invocation.words,
        invocation.flags,
        context,
      );
    case "doctor":
      return (await import("./commands/doctor.js")).doctorCommand(invocation.urls, invocation.flags, context);
    case "run":
      return (await import("./commands/run.js")).runCommand(invocation.argv, invocation.flags, context);
    case "gateway":
      return (await import("./commands/gateway.js")).gatewayCommand(invocation.flags, context);
    case "mcp":
      return (await import("./commands/mcp.js")).mcpCommand(invocation.url, invocation.flags, context);
    case "mcp-logout":
      return (await import("./commands/mcp-login.js")).mcpLogoutCommand(invocation.url, invocation.flags, context);
    case "mcp-install":
      return (await import("./commands/mcp-install.js")).mcpInstallCommand(invocation, context);
    case "mcp-list":
      return (await import("./commands/mcp-list.js")).mcpListCommand(invocation.flags, context);
    case "mcp-check":
      return (await import("./commands/mcp-list.js")).mcpCheckCommand(invocation.names, invocation.flags, context);
    case "env":
      return (await import("./commands/env.js")).envCommand(invocation.flags, context);
    case "login":
      return (await import("./commands/proxy-login.js")).loginCommand(invocation.url, invocation.flags, context);
    case "logout":
      return (await import("./commands/proxy-login.js")).logoutCommand(invocation.url, invocation.flags, context);
    case "auth-header":
      return (await import("./commands/auth-header.js")).authHeaderCommand(invocation.url, invocation.flags, context);
    case "cert":
      return (await import("./commands/cert.js")).certCommand(invocation.words, invocation.flags, context);
    case "trust":
      return (await import("./commands/trust.js")).trustCommand(invocation.words, invocation.flags, context);
    case "completion":
      return (await import("./completion/index.js")).completionCommand(invocation.shell, invocation.flags, context);
    case "lab":
      return (await import("./commands/lab.js")).labCommand(invocation.run, invocation.flags, context);
    case "demo":
      return (await import("./demo/demo.js")).demoCommand(invocation.flags, context, main);
  }
}

interface Reporting {
  readonly io: Io;
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly debug: boolean;
}

async function report(error: unknown, { io, terminal, json, debug }: Reporting): Promise<number> {
  if (io.signal.aborted) {
    const signal = endedBy(io.signal);
    // Whoever reads JSON is owed an object, and whether they still read does not change how it ended.
    if (json) await terminal.json({ ok: false, interrupted: { signal } }).catch(() => undefined);
    return exitCode[signal];
  }
  // Whoever read our output has gone: there is nobody left to tell.
  if (error instanceof OutputClosed) return exitCode.fine;
  const fault = error instanceof UsageError ? usageFault(error) : findConnectError(error);
  if (fault === undefined) {
    await internal(error, terminal, json, debug);
    return exitCode.internal;
  }
  const shown = { ...fault.toJSON(), message: inFlags(fault.message), remedy: inFlags(fault.remedy) };
  if (json) await terminal.json({ ok: false, fault: shown });
  else await terminal.fail(shown);
  return error instanceof NotLaunched ? exitCode.network : codeFor(fault);
}

/** A setting that came from a flag is called by what was typed, not by the library's name for it. */
function inFlags(text: string): string {
  return text.replace(
    /the option (ca|cert|key|pfx|proxy|noProxy|passphrase|strict)\b/g,
    (_, name: string) => flagNames[name] ?? name,
  );
}

const flagNames: Readonly<Record<string, string>> = {
  ca: "--cacert",
  cert: "--cert",
  key: "--key",
  pfx: "--pfx",
  proxy: "--proxy",
  noProxy: "--no-proxy",
  passphrase: "the passphrase (--passphrase-file, --passphrase-command)",
  strict: "--strict",
};

/** An unexpected error's message may hold anything, a secret included: only its kind is shown unless asked for. */
async function internal(error: unknown, terminal: Terminal, json: boolean, debug: boolean): Promise<void> {
  const kind = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const message = `internal: an unexpected ${kind}${code}`;
  const remedy = debug
    ? "please report it with the stack below"
    : "please report it; SALLYPORT_DEBUG=1 prints the stack";
  if (json) await terminal.json({ ok: false, internal: { message, remedy } });
  else await terminal.fail({ message, remedy });
  if (debug) await terminal.note(withoutMessage(error));
}

/** Where it happened, without what it said. */
function withoutMessage(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return "(no stack)";
  return error.stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}
