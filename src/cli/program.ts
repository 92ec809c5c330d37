import { createRequire } from "node:module";
import type { Command } from "commander";
import {
  certOptions,
  certUsageLine,
  doctorOptions,
  envOptions,
  fetchOptions,
  gatewayOptions,
  globalOptions,
  loginOptions,
  mcpOptions,
  mcpUsage,
  runOptions,
  trustOptions,
  trustUsageLine,
  type CaptureFlags,
} from "./model/options.js";
import { givenToBridge, type GivenOption } from "./model/given-options.js";
import type { ClientName } from "../mcp/settings/index.js";
import { notParsed, severalUrls } from "./faults-usage.js";
import { commandDescriptions, helpAfter, programDescription } from "./model/help.js";
import type { UsageError } from "./usage-error.js";

/** The flags that every command takes. Secrets are no flags: `ps` shows those to everybody. */
export interface GlobalFlags {
  readonly proxy?: string;
  readonly noProxy?: string;
  readonly cacert?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly pfx?: string;
  readonly passphraseFile?: string;
  readonly passphraseCommand?: string;
  readonly config?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export interface DoctorFlags extends GlobalFlags {
  readonly probe?: string;
  readonly html?: string;
  readonly watch?: boolean;
  readonly interval?: string;
}

export interface FetchFlags extends GlobalFlags {
  readonly request?: string;
  readonly header?: readonly string[];
  readonly data?: string;
  readonly output?: string;
  readonly include?: boolean;
  readonly location?: boolean;
  readonly fail?: boolean;
  readonly verbose?: boolean;
  readonly maxTime?: string;
  readonly resolve?: readonly string[];
}

export interface RunFlags extends GlobalFlags, CaptureFlags {
  readonly check?: readonly string[] | false;
  readonly only?: "preload" | "env" | "gateway";
  readonly intercept?: readonly string[];
  readonly requireToken?: boolean;
  readonly print?: boolean;
}

export interface GatewayFlags extends GlobalFlags {
  readonly listen?: string;
  readonly token: boolean;
  readonly tokenFile?: string;
  readonly requireToken?: boolean;
  readonly intercept?: readonly string[];
  readonly origin?: readonly string[];
  readonly drain?: string;
  readonly followNetwork: boolean;
  readonly linkLocal?: boolean;
  readonly verbose?: boolean;
}

export interface McpFlags extends GlobalFlags {
  readonly header?: readonly string[];
  readonly protocol?: "auto" | "legacy" | "modern";
  readonly allowTool?: readonly string[];
  readonly denyTool?: readonly string[];
  readonly log?: string;
  readonly logBodies?: boolean;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly clientKey?: string;
  readonly grant?: "client_credentials";
  readonly scope?: string;
  readonly callbackPort?: string;
  readonly browser: boolean;
  readonly tokenStore?: "file" | "keyring";
  readonly client?: ClientName;
  readonly project?: boolean;
  readonly replace?: boolean;
  readonly undo?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export interface EnvFlags extends GlobalFlags {
  readonly shell?: string;
  readonly for?: string;
  readonly undo?: boolean;
  readonly secrets?: boolean;
  readonly preload?: boolean;
  readonly value?: string;
  readonly gateway?: string | true;
}

export interface LoginFlags extends GlobalFlags {
  readonly user?: string;
  readonly store?: "keyring" | "file";
}

export interface CertFlags extends GlobalFlags {
  readonly maxUsed?: string;
  readonly output?: string;
  readonly encrypt: boolean;
}

export interface TrustFlags extends GlobalFlags {
  readonly fingerprint?: string;
  readonly for?: string;
  readonly output?: string;
}

/** What the command line asks for. */
export type Invocation =
  | { readonly command: "fetch"; readonly url: string; readonly flags: FetchFlags }
  | { readonly command: "explain"; readonly url: string; readonly flags: GlobalFlags }
  | { readonly command: "explain-error"; readonly words: readonly string[]; readonly flags: GlobalFlags }
  | { readonly command: "doctor"; readonly urls: readonly string[]; readonly flags: DoctorFlags }
  | { readonly command: "lab"; readonly run: readonly string[]; readonly flags: GlobalFlags }
  | { readonly command: "demo"; readonly flags: GlobalFlags }
  | { readonly command: "run"; readonly argv: readonly string[]; readonly flags: RunFlags }
  | { readonly command: "gateway"; readonly flags: GatewayFlags }
  | { readonly command: "mcp"; readonly url: string; readonly flags: McpFlags }
  | { readonly command: "mcp-logout"; readonly url: string; readonly flags: McpFlags }
  | {
      readonly command: "mcp-install";
      readonly name: string;
      /** Undefined only for --undo. */
      readonly url: string | undefined;
      /** Those of the bridge, to be written into the entry. */
      readonly options: readonly GivenOption[];
      readonly flags: McpFlags;
    }
  | { readonly command: "mcp-list"; readonly flags: McpFlags }
  | { readonly command: "mcp-check"; readonly names: readonly string[]; readonly flags: McpFlags }
  | { readonly command: "login"; readonly url: string | undefined; readonly flags: LoginFlags }
  | { readonly command: "logout" | "auth-header"; readonly url: string | undefined; readonly flags: GlobalFlags }
  | { readonly command: "env"; readonly flags: EnvFlags }
  | { readonly command: "cert"; readonly words: readonly string[]; readonly flags: CertFlags }
  | { readonly command: "trust"; readonly words: readonly string[]; readonly flags: TrustFlags }
  | { readonly command: "completion"; readonly shell: string; readonly flags: GlobalFlags }
  /** `--help` and `--version`: text for stdout. */
  | { readonly command: "text"; readonly text: string };

/**
 * Parses the arguments after the script's name.
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[], version: string, color: boolean): Invocation {
  const commander = loadCommander();
  let found: Invocation | undefined;
  let text = "";
  const program = build(commander, version, (invocation) => (found = invocation));
  everyCommand(program, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (chunk) => void (text += chunk),
      writeErr: (chunk) => void (text += chunk),
      outputError: () => undefined,
      getOutHasColors: () => color,
      getOutHelpWidth: () => 80,
    });
  });
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error;
    // Without a command commander gives the help, for which somebody may well have come.
    if (error.exitCode === 0 || error.code === "commander.help") return { command: "text", text };
    throw usage(error.message, argv, program);
  }
  return found ?? { command: "text", text };
}

/** CommonJS, and a quarter faster to load that way than through its ESM wrapper. */
export function loadCommander(): typeof import("commander") {
  return createRequire(import.meta.url)("commander") as typeof import("commander");
}

/** All commands and options: parsed by, and what help, completions and the man page are written from. */
export function build(
  { Command, Option }: typeof import("commander"),
  version: string,
  give: (invocation: Invocation) => void,
): Command {
  const program = new Command("sallyport")
    .description(programDescription)
    .version(version, "-V, --version", "print the version")
    .enablePositionalOptions();
  program.helpCommand("help [command]", "show help");
  program.addHelpText("after", helpAfter(""));
  const add = (name: keyof typeof commandDescriptions, usageLine: string): Command => {
    const command = program
      .command(usageLine)
      .description(commandDescriptions[name])
      .addHelpText("after", helpAfter(name));
    return command.allowExcessArguments(false);
  };
  const flagsOf = <T extends GlobalFlags>(command: Command): T => ({
    ...program.opts<GlobalFlags>(),
    ...command.opts<T>(),
    color: program.opts<GlobalFlags>().color && command.opts<GlobalFlags>().color,
  });

  const fetchCommand = fetchOptions(add("fetch", "fetch <url>"));
  fetchCommand.action((url: string) => give({ command: "fetch", url, flags: flagsOf<FetchFlags>(fetchCommand) }));
  const explainCommand = add("explain", "explain <url>");
  explainCommand.action((url: string) => give({ command: "explain", url, flags: flagsOf(explainCommand) }));
  const explainErrorCommand = add("explain-error", "explain-error [text...]");
  explainErrorCommand.action((words: string[]) =>
    give({ command: "explain-error", words, flags: flagsOf(explainErrorCommand) }),
  );
  const doctorCommand = doctorOptions(add("doctor", "doctor [url...]"));
  doctorCommand.action((urls: string[]) => give({ command: "doctor", urls, flags: flagsOf(doctorCommand) }));
  const runCommand = runOptions(add("run", "run <command...>"), Option);
  runCommand.usage("[options] -- <command...>").passThroughOptions();
  runCommand.action((argv: string[]) => give({ command: "run", argv, flags: flagsOf<RunFlags>(runCommand) }));
  const gatewayCommand = gatewayOptions(add("gateway", "gateway"), Option);
  gatewayCommand.action(() => give({ command: "gateway", flags: flagsOf<GatewayFlags>(gatewayCommand) }));
  const mcpCommand = mcpOptions(add("mcp", "mcp <url...>"), Option).usage(mcpUsage);
  mcpCommand.action((words: string[]) => give(mcpInvocation(words, flagsOf<McpFlags>(mcpCommand), mcpCommand)));
  const envCommand = envOptions(add("env", "env"));
  envCommand.action(() => give({ command: "env", flags: flagsOf<EnvFlags>(envCommand) }));
  addCertificates(add, flagsOf, give);
  const loginCommand = loginOptions(add("login", "login [proxy-url]"), Option);
  loginCommand.action((url: string | undefined) =>
    give({ command: "login", url, flags: flagsOf<LoginFlags>(loginCommand) }),
  );
  for (const name of ["logout", "auth-header"] as const) {
    const command = add(name, `${name} [proxy-url]`);
    command.action((url: string | undefined) => give({ command: name, url, flags: flagsOf(command) }));
  }
  addOwnTools(add, flagsOf, give);

  everyCommand(program, (command) => {
    for (const option of globalOptions(Option)) command.addOption(option);
  });
  return program;
}

/** What looks after certificates. */
function addCertificates(
  add: (name: keyof typeof commandDescriptions, usageLine: string) => Command,
  flagsOf: <T extends GlobalFlags>(command: Command) => T,
  give: (invocation: Invocation) => void,
): void {
  const certCommand = certOptions(add("cert", "cert <words...>")).usage(certUsageLine);
  certCommand.action((words: string[]) => give({ command: "cert", words, flags: flagsOf<CertFlags>(certCommand) }));
  const trustCommand = trustOptions(add("trust", "trust <words...>")).usage(trustUsageLine);
  trustCommand.action((words: string[]) => give({ command: "trust", words, flags: flagsOf<TrustFlags>(trustCommand) }));
}

/** What is there for sallyport itself: its completions, its lab and its demo. */
function addOwnTools(
  add: (name: keyof typeof commandDescriptions, usageLine: string) => Command,
  flagsOf: (command: Command) => GlobalFlags,
  give: (invocation: Invocation) => void,
): void {
  const completionCommand = add("completion", "completion <shell>");
  completionCommand.action((shell: string) =>
    give({ command: "completion", shell, flags: flagsOf(completionCommand) }),
  );
  const labCommand = add("lab", "lab [command...]").usage("[options] [-- command...]").passThroughOptions();
  labCommand.action((run: string[]) => give({ command: "lab", run, flags: flagsOf(labCommand) }));
  const demoCommand = add("demo", "demo");
  demoCommand.action(() => give({ command: "demo", flags: flagsOf(demoCommand) }));
}

/** A word before the URL says what is to be done with it, and no server is called by one word. */
function mcpInvocation(words: readonly string[], flags: McpFlags, command: Command): Invocation {
  const [first = "", second, ...more] = words;
  if (first === "list" && words.length === 1) return { command: "mcp-list", flags };
  if (first === "check") return { command: "mcp-check", names: words.slice(1), flags };
  if (first === "install" && second !== undefined && more.length === (flags.undo === true ? 0 : 1)) {
    return { command: "mcp-install", name: second, url: more[0], options: givenToBridge(command), flags };
  }
  if (second === undefined && !["install", "logout", "list"].includes(first)) {
    return { command: "mcp", url: first, flags };
  }
  if (first === "logout" && second !== undefined && more.length === 0) {
    return { command: "mcp-logout", url: second, flags };
  }
  throw severalUrls();
}

function everyCommand(program: Command, visit: (command: Command) => void): void {
  for (const command of [program, ...program.commands]) visit(command);
}

/** Commander's message without the value at fault: what was mistyped may hold a login. */
function usage(message: string, argv: readonly string[], program: Command): UsageError {
  const text = (message.split("\n")[0] ?? "")
    .replace(/^error: /, "")
    .replace(/(?<![a-z-])(--[a-z-]+)=[^']*'/, "$1'")
    .replace(/ '([^']*)(?:'|$)/g, (quoted, value: string) =>
      /^(?:-[A-Za-z]|--[a-z][a-z-]{0,24}|[a-z-]{1,20})(?: <[^<>]*>)?$|^(?:-\w, )?--[a-z-]{1,24}(?: [<[].*)?$/.test(
        value,
      )
        ? quoted
        : "",
    );
  const name = program.commands.map((command) => command.name()).find((one) => argv.includes(one));
  return notParsed(text, name);
}
