import { codeOf, inParentheses } from "../base/error-code.js";
import { configInvalid } from "../base/faults-config.js";
import type { ConnectError, Fault } from "../base/errors.js";
import { mustBe, usage } from "./faults-usage.js";
import { UsageError } from "./usage-error.js";
import { shownPath } from "./terminal/shown-path.js";

export const invalidResolve = mustBe("--resolve", "host:port:address", "api.example.com:443:192.0.2.1");

/** Two options that say two things about the same. */
const together = (one: string, other: string): (() => UsageError) =>
  usage(`${one} and ${other} cannot be used together`, "use one of them");

export const twoPassphrases = together("--passphrase-file", "--passphrase-command");

export function keyInArguments(flag: string): UsageError {
  return new UsageError(
    `--${flag} holds a private key, which every user of this machine can read in the list of processes`,
    "put the key into a file with mode 0600 and name that, or set SALLYPORT_CLIENT_KEY to it",
  );
}

export const invalidMethod = usage("--request must be a method", "write it as -X PATCH");

export function ownHeader(owned: string): UsageError {
  return new UsageError(
    `--header must not set ${owned}: it belongs to the connection, which sallyport manages`,
    `leave the header ${owned} out`,
  );
}

export const invalidHeader = usage(
  "one of the --header values is not of the form `Name: value`",
  "write it as -H 'accept: application/json'",
);

export const invalidMaxTime = mustBe("--max-time", "a number of seconds", "30");

export const invalidBaseUrl = usage(
  "ANTHROPIC_BASE_URL is not an http or https URL",
  "write it in full, or name the URLs to look at",
);

export function unknownProbe(names: readonly string[]): UsageError {
  return new UsageError(
    "--probe must be a list of what there is to look at",
    `write some of ${names.join(", ")} with commas, or all; idle=90 waits for 90 s (at most an hour)`,
  );
}

export const invalidListen = usage(
  "--listen must be a port, 127.0.0.1:port, [::1]:port, or unix:/path",
  "the gateway listens on loopback only; to reach it from elsewhere, use ssh -L",
);

export const invalidOrigin = mustBe("--origin", "NAME=URL", "anthropic=https://api.anthropic.com");

export function originTwice(name: string): UsageError {
  return new UsageError(`--origin names ${name} twice`, "give each reverse proxy its own name");
}

export const invalidDrain = mustBe("--drain", "a number of seconds", "30");

export const tokenAndNoToken = together("--no-token", "--token-file");

export const noTokenRequired = together("--no-token", "--require-token");

export const unreadableToken = usage(
  "the file that --token-file names cannot be read",
  "check the path, and that this user can read it",
);

export const shellAndFor = together("--shell", "--for");

export function unknownValue(flag: string, meant: string | undefined, names: readonly string[]): UsageError {
  return new UsageError(
    `${flag} has an unknown value`,
    `${meant === undefined ? "" : `did you mean ${meant}? `}known values: ${names.join(", ")}`,
  );
}

export const preloadForShells = usage(
  "--preload works for shells only",
  "its file is on this machine, and its path changes with every installation",
);

export const gatewayInCi = usage(
  "a CI machine cannot reach the gateway of --gateway",
  "leave it out, or use sallyport run there",
);

export const folderWithControls = usage(
  "the path of your data folder contains control characters, so it cannot be written into a settings file",
  "set XDG_DATA_HOME to another folder",
);

export const commandNotStarted = usage(
  "the command after `lab --` cannot be started",
  "check that it is installed and on the PATH",
);

export function unknownSecret(known: readonly string[]): UsageError {
  return new UsageError("--value has an unknown value", `known values: ${known.join(", ")}`);
}

export function noGatewayUrl(gatewayVariable: string): UsageError {
  return new UsageError(
    `${gatewayVariable} is not set, and no other gateway URL is given`,
    `set ${gatewayVariable} to the URL that sallyport gateway prints`,
  );
}

export const unwritableGateway = usage(
  "the gateway's URL cannot be written into variables",
  "give the http:// URL that sallyport gateway prints; a Unix socket has none",
);

export function tokenInText(gatewayVariable: string): UsageError {
  return new UsageError(
    "the gateway's URL contains its token, which is printed only if you ask for it",
    `put the URL into ${gatewayVariable}, which the text will refer to, or add --secrets`,
  );
}

export function unknownShell(names: readonly string[]): UsageError {
  return new UsageError("SHELL names a shell that is not supported", `choose one with --shell: ${names.join(", ")}`);
}

export function noCompletion(meant: string | undefined): UsageError {
  return new UsageError(
    "there is no completion script for that shell",
    `${meant === undefined ? "" : `did you mean ${meant}? `}name bash, zsh or fish`,
  );
}

export function unsendable(method: string): UsageError {
  return new UsageError(
    `a request with the method ${method} and these options is not valid`,
    "a method is one word, and GET and HEAD have no body",
  );
}

export function unreadableData(path: string, error: unknown): ConnectError {
  return configInvalid(
    `--data @${shownPath(path)} cannot be read${inParentheses(codeOf(error))}`,
    "name a file that exists, or @- for stdin",
    error,
  );
}

const full = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export function unwritableOutput(path: string, error: unknown, option = "--output"): ConnectError {
  const code = codeOf(error);
  return configInvalid(
    `${option} ${shownPath(path)} cannot be written${inParentheses(code)}`,
    full.has(code)
      ? "free some space there, or name a file elsewhere"
      : "name a file in a folder that you can write to",
    error,
  );
}

export const pageOnStdout = usage(
  "--html must be the name of a file",
  "write --html report.html; what is printed stays as it is",
);

/** It is there, and is something else: a folder, a device, a pipe. */
export function noPlainFile(path: string): UsageError {
  return new UsageError(`--html ${shownPath(path)} is there, and is not a plain file`, "name another file");
}

export function invalidBridgeHeader(name: string): UsageError {
  const which = name === "" ? "" : ` of --header ${name}`;
  return new UsageError(
    `the value${which} is not one of a header that the bridge can send`,
    "write --header 'Name: value'; headers of HTTP itself, and those of MCP, are the bridge's own",
  );
}

export function headerVariableNotSet(name: string, variable: string): UsageError {
  return new UsageError(
    `--header ${name} refers to the variable ${variable}, which is not set`,
    "set it where the MCP client starts this command, for instance in `env` of its settings",
  );
}

export function notReloaded({ message, remedy, code }: Fault): Pick<Fault, "message" | "remedy" | "code"> {
  return { message: `not reloaded, the old settings stay in force: ${message}`, remedy, code };
}
