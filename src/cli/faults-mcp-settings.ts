import { codeOf, inParentheses } from "../base/error-code.js";
import { configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";
import { quotePath } from "../base/quote-path.js";
import { usage } from "./faults-usage.js";
import { UsageError } from "./usage-error.js";

/** What is said of the settings of MCP clients where they are read and written. */

const withCode = (error: unknown): string => inParentheses(codeOf(error));

export function unreadableSettings(path: string, error: unknown): ConnectError {
  return configInvalid(`${quotePath(path)} cannot be read${withCode(error)}`, "check its permissions", error);
}

export function unwritableSettings(path: string, error: unknown): ConnectError {
  return configInvalid(
    `${quotePath(path)} cannot be written${withCode(error)}`,
    "check the permissions of the file and of its folder: nothing was changed",
    error,
  );
}

export function readOnlySettings(path: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} is read-only`,
    `it was left as it is: allow writing (chmod u+w), or change it where it is made, as with Nix or a tool for dotfiles`,
  );
}

export function notAFile(path: string): ConnectError {
  return configInvalid(`${quotePath(path)} is not a file`, "remove what is there, or rename it");
}

export function notUtf8(path: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} is not a text in UTF-8`,
    "save it in that encoding first: the file was left as it is",
  );
}

export function danglingLink(path: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} is a symbolic link to a file that does not exist`,
    "create that file, or remove the link",
  );
}

export function changedMeanwhile(path: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} was changed while this was going on`,
    "close the program that writes it, and repeat the command",
  );
}

export const noClient = usage(
  "mcp install needs --client",
  "write: sallyport mcp install NAME URL --client claude-code",
);

export function noProjectFile(title: string): UsageError {
  return new UsageError(`${title} has no settings of a project`, "leave --project out");
}

export const cannotAsk = usage("--json asks no questions", "add --yes to write, or --dry-run to look");

export function alreadyThere(name: string, path: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} has a server ${name} already`,
    "choose another name, or add --replace to have this one in its place; --undo brings the old one back",
  );
}

export function nothingToUndo(name: string, path: string): ConnectError {
  return configInvalid(
    `no server ${name} was put into ${quotePath(path)} by sallyport mcp install`,
    "check the name, --client and --project; what was written by hand is removed by hand",
  );
}

export function changedByHand(name: string, path: string, backup: string | null): ConnectError {
  return configInvalid(
    `the server ${name} in ${quotePath(path)} is not as sallyport mcp install left it`,
    `change it by hand${backup === null ? "" : `; the file as it was before is ${quotePath(backup)}`}`,
  );
}

export function unknownServers(names: readonly string[]): UsageError {
  return new UsageError(
    `no client's settings have a server on HTTP named ${names.join(", ")}`,
    "see sallyport mcp list for those that are there",
  );
}
