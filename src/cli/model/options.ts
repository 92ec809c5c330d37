import type { Command, Option } from "commander";
import { clientNames } from "../../mcp/settings/types.js";

/** The options that single commands add to those which every command takes. */

export const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

/** Another name for an option, as it was called before: it still works, and no help shows it. */
function alias(OptionClass: typeof Option, flags: string, name: string): Option {
  const option = new OptionClass(flags).argParser(collect).hideHelp();
  option.attributeName = () => name;
  return option;
}

export function fetchOptions(command: Command): Command {
  return command
    .option("-X, --request <method>", "method; default GET, or POST with --data")
    .option("-H, --header <line>", "a header, `Name: value` (repeatable)", collect)
    .option("-d, --data <text>", "body: text, @file, or @- for stdin; sent as is")
    .option("-o, --output <file>", "write the body to a file")
    .option("-i, --include", "print status and headers before the body")
    .option("-L, --location", "follow redirects")
    .option("-f, --fail", "exit 1 for a status of 400 or more")
    .option("-v, --verbose", "say on stderr what happens at each stage")
    .option("-m, --max-time <seconds>", "stop the whole request after this time")
    .option("--resolve <host:port:address>", "connect to this address for that host (repeatable)", collect);
}

export function doctorOptions(command: Command): Command {
  return command
    .option("--probe <list>", "also look at: stream, websocket, http2, large-hello, idle (or idle=SECONDS), or all")
    .option("--html <file>", "write the report as a page, too, to be mailed or printed")
    .option("--watch", "follow the path: look again and again, until Ctrl-C")
    .option("--interval <seconds>", "with --watch: time between two looks; default 5");
}

/** Of `run`: a command in namespaces of its own. */
export interface CaptureFlags {
  readonly capture?: boolean;
  readonly hostPort?: readonly string[];
  readonly publish?: readonly string[];
}

export function runOptions(command: Command, OptionClass: typeof Option): Command {
  return command
    .option("--check <url>", "check the path to this URL before the launch (repeatable)", collect)
    .addOption(new OptionClass("--no-check", "launch without a check"))
    .addOption(new OptionClass("--only <part>", "do only this part").choices(["preload", "env", "gateway"]))
    .option("--intercept <host>", "present the client certificate to this host for the command (repeatable)", collect)
    .addOption(alias(OptionClass, "--open <host>", "intercept"))
    .option("--require-token", "the gateway asks this user's programs for its token, too")
    .option("--capture", "send out by the policy whatever the command opens, told of it or not (Linux)")
    .option("--host-port <port>", "with --capture: let it reach this port of 127.0.0.1 (repeatable)", collect)
    .option(
      "--publish <port>",
      "with --capture: show its port of 127.0.0.1 under the same number (repeatable)",
      collect,
    )
    .option("--print", "print the variables that the command would get, and launch nothing");
}

export function gatewayOptions(command: Command, OptionClass: typeof Option): Command {
  return command
    .option("-l, --listen <address>", "port, 127.0.0.1:port, [::1]:port, or unix:/path (mode 0600)")
    .option("--no-token", "let every local process use it")
    .option("--token-file <file>", "read the token from this file instead of making one")
    .option("--require-token", "ask this user's programs for the token, too (Linux; elsewhere all are asked)")
    .option("--intercept <host>", "intercept TLS of this host, to present the client certificate (repeatable)", collect)
    .addOption(alias(OptionClass, "--open <host>", "intercept"))
    .option("--origin <name=url>", "a reverse proxy on plain http for one origin (repeatable)", collect)
    .option("--drain <seconds>", "time for connections to finish at the end; default 30")
    .option("--no-follow-network", "do not watch for the machine's moving to another network")
    .option("--link-local", "let clients reach 169.254.0.0/16 and fe80::/10")
    .option("-v, --verbose", "say on stderr what happens");
}

export const mcpUsage =
  "[options] <url>\n       sallyport mcp [options] logout <url>\n       sallyport mcp [options] install <name> <url>\n       sallyport mcp list\n       sallyport mcp check [name...]";

export function mcpOptions(command: Command, OptionClass: typeof Option): Command {
  return command
    .option("-H, --header <line>", "a header of every request, `Name: value` (repeatable); see below", collect)
    .addOption(alias(OptionClass, "--ca <file>", "cacert"))
    .option("--allow-tool <glob>", "let the client see and call only these tools (repeatable)", collect)
    .option("--deny-tool <glob>", "hide these tools, and refuse calls of them (repeatable)", collect)
    .addOption(
      new OptionClass("--protocol <era>", "what to speak to the server; default: what it understands").choices([
        "auto",
        "legacy",
        "modern",
      ]),
    )
    .option("--log <file>", "write a line for each message to this file, without its parameters")
    .option("--log-bodies", "with --log: write the parameters too")
    .option("--client-id <id>", "OAuth: the client, as registered, or the https URL of its metadata")
    .option("--client-secret <from>", "OAuth: its secret, as ${NAME}, file:PATH or command:COMMAND")
    .option("--client-key <file>", "OAuth: its private key (PEM or JWK), for private_key_jwt")
    .addOption(
      new OptionClass("--grant <type>", "OAuth: log in the program itself, without a user").choices([
        "client_credentials",
      ]),
    )
    .option("--scope <scopes>", "OAuth: ask for these scopes instead of the server's")
    .option("--callback-port <port>", "OAuth: the port on 127.0.0.1 that the browser comes back to")
    .option("--no-browser", "OAuth: print the URL of the login, and open no browser")
    .addOption(
      new OptionClass(
        "--token-store <where>",
        "OAuth: keep logins in a file (mode 0600, the default) or the keyring",
      ).choices(["file", "keyring"]),
    )
    .addOption(new OptionClass("--client <name>", "install: into this program's settings").choices([...clientNames]))
    .option("--project", "install: into the settings of the project in the working directory")
    .option("--replace", "install: in place of the server of that name")
    .option("--undo", "install: bring back what was there before")
    .option("--dry-run", "install: show what would change, and write nothing")
    .option("-y, --yes", "install: do not ask");
}

export function envOptions(command: Command): Command {
  return command
    .option("--shell <name>", "bash, zsh, fish, powershell, or cmd; default: the one you are in")
    .option(
      "--for <tool>",
      "docker, github-actions, gitlab, claude, vscode, systemd, npmrc, gitconfig, pip, devcontainer, kubernetes, docker-daemon, podman, jetbrains, maven, gradle, apt, php, hg, svn, aria2, or electron",
    )
    .option("--undo", "print what undoes it")
    .option("--secrets", "write logins and passphrases out instead of referring to them")
    .option("--preload", "load sallyport into Node programs too, whose own clients read no proxy variable")
    .option("--value <name>", "print one secret only, for texts that refer to it: HTTPS_PROXY, proxy-password, …")
    .option("--gateway [url]", "send everything through this gateway; default: the URL in SALLYPORT_GATEWAY");
}

export function loginOptions(command: Command, OptionClass: typeof Option): Command {
  return command
    .option("-u, --user <name>", "the user; default: asked for, or the first line of standard input")
    .addOption(
      new OptionClass(
        "--store <where>",
        "keep it in the keyring (default, where there is one) or a file (mode 0600)",
      ).choices(["keyring", "file"]),
    );
}

export const certUsageLine =
  "[options] inspect <file|host>\n       sallyport cert [options] check <file|host...>\n       sallyport cert [options] convert <file>";

export function certOptions(command: Command): Command {
  return command
    .option("--max-used <percent>", "check: a certificate is due when so much of its life is over; default 66%")
    .option("-o, --output <file>", "convert: write certificates and keys to this file, which must not be there yet")
    .option("--no-encrypt", "convert: write a key that had a passphrase without one");
}

export const trustUsageLine =
  "[options] add <file|host>\n       sallyport trust list\n       sallyport trust remove <name>\n       sallyport trust [options] export";

/** Whom `trust export` writes for. */
export const trustReaders = [
  "node",
  "python",
  "git",
  "java",
  "curl",
  "npm",
  "yarn",
  "deno",
  "go",
  "rust",
  "ruby",
  "perl",
  "aws",
  "gcloud",
  "nix",
  "pem",
] as const;

export type TrustReader = (typeof trustReaders)[number];

export function trustOptions(command: Command): Command {
  return command
    .option("--fingerprint <sha256>", "add: the authority's SHA-256 fingerprint, as its administrators tell it")
    .option("--for <reader>", "export: for node, python, git, java, curl, … (a wrong one gets the list)")
    .option("-o, --output <file>", "export: write to this file instead of one in your data folder");
}

/** Those that every command takes. */
export function globalOptions(OptionClass: typeof Option): Option[] {
  const noProxy = new OptionClass("--no-proxy <hosts>", "hosts to reach without the proxy (as in NO_PROXY)");
  // Not the negation of --proxy, which is what a leading `no-` means to commander.
  noProxy.negate = false;
  return [
    new OptionClass("--proxy <url>", "proxy for all requests"),
    noProxy,
    new OptionClass(
      "--cacert <file>",
      "PEM file of authorities to trust besides the default ones (repeatable)",
    ).argParser(collect),
    new OptionClass("--cert <file>", "client certificate, PEM"),
    new OptionClass("--key <file>", "its private key, PEM"),
    new OptionClass("--pfx <file>", "client certificate and key in one PKCS#12 file"),
    new OptionClass("--passphrase-file <file>", "file that holds the passphrase of --key or --pfx"),
    new OptionClass("--passphrase-command <command>", "command that prints it"),
    new OptionClass("--config <file>", "configuration file"),
    new OptionClass("--strict", "warnings count as errors"),
    new OptionClass("--json", "machine output on stdout"),
    new OptionClass("--no-color", "no colours"),
  ];
}
