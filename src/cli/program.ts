import { createRequire } from "node:module";
import type { Command, Option as OptionClass } from "commander";
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
} from "./model/options.js";
import { givenToBridge } from "./model/given-options.js";
import type {
  CertFlags,
  EnvFlags,
  FetchFlags,
  GatewayFlags,
  GlobalFlags,
  Invocation,
  LoginFlags,
  McpFlags,
  RunFlags,
  TrustFlags,
} from "./invocation.js";
import { notParsed, severalUrls } from "./faults-usage.js";
import { commandDescriptions, helpAfter, programDescription } from "./model/help.js";
import type { UsageError } from "./usage-error.js";

/**
 * Parses the arguments after the script's name.
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[], version: string, color: boolean): Invocation {
  return withoutOptions(argv) ?? parse(argv, version, color);
}

/** `run -- COMMAND`, as nearly everybody types it: there is nothing to parse, and the parser takes a tenth of a start to load. */
function withoutOptions([name, end, ...command]: readonly string[]): Invocation | undefined {
  if (name !== "run" || end !== "--" || command.length === 0) return undefined;
  return { command: "run", argv: command, flags: { color: true } };
}

/** By commander. Apart from {@link parseArguments}, so that a test can hold the two against each other. */
export function parse(argv: readonly string[], version: string, color: boolean): Invocation {
  const commander = loadCommander();
  let found: Invocation | undefined;
  let text = "";
  const [first = ""] = argv;
  const only = Object.hasOwn(commands, first) ? (first as CommandName) : undefined;
  const program = build(commander, version, (invocation) => (found = invocation), only);
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

interface Setup {
  readonly add: (name: CommandName, usageLine: string) => Command;
  readonly flagsOf: <T extends GlobalFlags>(command: Command) => T;
  readonly give: (invocation: Invocation) => void;
  readonly Option: typeof OptionClass;
}

type CommandName = keyof typeof commandDescriptions;

/**
 * Commands and options: parsed by, and what help, completions and the man page are written from.
 *
 * @param only the one command that is called, by whose name no other can be meant: making all of them costs a fifth of a start
 */
export function build(
  { Command, Option }: typeof import("commander"),
  version: string,
  give: (invocation: Invocation) => void,
  only?: CommandName,
): Command {
  const program = new Command("sallyport")
    .description(programDescription)
    .version(version, "-V, --version", "print the version")
    .enablePositionalOptions();
  program.helpCommand("help [command]", "show help");
  program.addHelpText("after", helpAfter(""));
  const setup: Setup = {
    add: (name, usageLine) =>
      program
        .command(usageLine)
        .description(commandDescriptions[name])
        .addHelpText("after", helpAfter(name))
        .allowExcessArguments(false),
    flagsOf: <T extends GlobalFlags>(command: Command): T => ({
      ...program.opts<GlobalFlags>(),
      ...command.opts<T>(),
      color: program.opts<GlobalFlags>().color && command.opts<GlobalFlags>().color,
    }),
    give,
    Option,
  };
  if (only === undefined) for (const make of Object.values(commands)) make(setup);
  else commands[only](setup);
  everyCommand(program, (command) => {
    for (const option of globalOptions(Option)) command.addOption(option);
  });
  return program;
}

/** In the order in which help shows them. */
const commands: Readonly<Record<CommandName, (setup: Setup) => void>> = {
  fetch({ add, flagsOf, give }) {
    const command = fetchOptions(add("fetch", "fetch <url>"));
    command.action((url: string) => give({ command: "fetch", url, flags: flagsOf<FetchFlags>(command) }));
  },
  explain({ add, flagsOf, give }) {
    const command = add("explain", "explain <url>");
    command.action((url: string) => give({ command: "explain", url, flags: flagsOf(command) }));
  },
  "explain-error"({ add, flagsOf, give }) {
    const command = add("explain-error", "explain-error [text...]");
    command.action((words: string[]) => give({ command: "explain-error", words, flags: flagsOf(command) }));
  },
  doctor({ add, flagsOf, give }) {
    const command = doctorOptions(add("doctor", "doctor [url...]"));
    command.action((urls: string[]) => give({ command: "doctor", urls, flags: flagsOf(command) }));
  },
  run({ add, flagsOf, give, Option }) {
    const command = runOptions(add("run", "run <command...>"), Option);
    command.usage("[options] -- <command...>").passThroughOptions();
    command.action((argv: string[]) => give({ command: "run", argv, flags: flagsOf<RunFlags>(command) }));
  },
  gateway({ add, flagsOf, give, Option }) {
    const command = gatewayOptions(add("gateway", "gateway"), Option);
    command.action(() => give({ command: "gateway", flags: flagsOf<GatewayFlags>(command) }));
  },
  mcp({ add, flagsOf, give, Option }) {
    const command = mcpOptions(add("mcp", "mcp <url...>"), Option).usage(mcpUsage);
    command.action((words: string[]) => give(mcpInvocation(words, flagsOf<McpFlags>(command), command)));
  },
  env({ add, flagsOf, give }) {
    const command = envOptions(add("env", "env"));
    command.action(() => give({ command: "env", flags: flagsOf<EnvFlags>(command) }));
  },
  cert({ add, flagsOf, give }) {
    const command = certOptions(add("cert", "cert <words...>")).usage(certUsageLine);
    command.action((words: string[]) => give({ command: "cert", words, flags: flagsOf<CertFlags>(command) }));
  },
  trust({ add, flagsOf, give }) {
    const command = trustOptions(add("trust", "trust <words...>")).usage(trustUsageLine);
    command.action((words: string[]) => give({ command: "trust", words, flags: flagsOf<TrustFlags>(command) }));
  },
  login({ add, flagsOf, give, Option }) {
    const command = loginOptions(add("login", "login [proxy-url]"), Option);
    command.action((url: string | undefined) => give({ command: "login", url, flags: flagsOf<LoginFlags>(command) }));
  },
  logout: (setup) => byProxy("logout", setup),
  "auth-header": (setup) => byProxy("auth-header", setup),
  completion({ add, flagsOf, give }) {
    const command = add("completion", "completion <shell>");
    command.action((shell: string) => give({ command: "completion", shell, flags: flagsOf(command) }));
  },
  lab({ add, flagsOf, give }) {
    const command = add("lab", "lab [command...]").usage("[options] [-- command...]").passThroughOptions();
    command.action((run: string[]) => give({ command: "lab", run, flags: flagsOf(command) }));
  },
  demo({ add, flagsOf, give }) {
    const command = add("demo", "demo");
    command.action(() => give({ command: "demo", flags: flagsOf(command) }));
  },
};

function byProxy(name: "logout" | "auth-header", { add, flagsOf, give }: Setup): void {
  const command = add(name, `${name} [proxy-url]`);
  command.action((url: string | undefined) => give({ command: name, url, flags: flagsOf(command) }));
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
