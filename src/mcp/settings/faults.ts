import { configFault, configInvalid } from "../../base/faults-config.js";
import type { ConnectError } from "../../base/errors.js";
import { redactUrl } from "../../base/redact.js";
import { quotePath } from "../../base/quote-path.js";

/** What is wrong with settings of other programs, and with what is to be written there. */

interface At {
  readonly line: number;
  readonly column: number;
}

export function notParsed(path: string, kind: "JSON" | "TOML", { line, column }: At, what: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} is not valid ${kind}: line ${line}, column ${column}: ${what}`,
    "repair that line first: the file was left as it is",
  );
}

export function repeatedKey(path: string, key: string, { line, column }: At): ConnectError {
  return configInvalid(
    `${quotePath(path)} has "${key}" twice: the second time on line ${line}, column ${column}`,
    "join the two into one: which of them counts depends on the reader, and so the file was left as it is",
  );
}

export function notTable(path: string, what: string): ConnectError {
  return configInvalid(
    `${quotePath(path)} holds something other than ${what}`,
    "repair the file by hand: it was left as it is",
  );
}

export function notEditable(path: string, name: string, { line, column }: At): ConnectError {
  return configInvalid(
    `${quotePath(path)} has the server ${name} in a form that is not edited here: line ${line}, column ${column}`,
    `write it as a table of its own, [mcp_servers.${name}], or change it by hand`,
  );
}

export const invalidName = configFault(
  "the name of a server must consist of 1 to 64 letters, digits, hyphens and underscores",
  "clients make the names of tools from it: choose one like wiki or issue-tracker",
);

export const invalidServerUrl = configFault(
  "the server's URL must be an http or https URL",
  "write it in full, such as https://mcp.corp.example/mcp",
);

export function secretInUrl(url: string): ConnectError {
  return configInvalid(
    `the URL ${redactUrl(url)} holds what may be a secret, and settings files are copied and shared`,
    "pass it in a header that refers to it: --header 'Authorization: Bearer ${TOKEN}'",
  );
}

export function secretInHeader(name: string): ConnectError {
  return configInvalid(
    `--header ${name} holds a secret as text, which would stand in a settings file and in the list of processes`,
    `refer to it: --header '${name}: \${VARIABLE}', '${name}: file:/path' or '${name}: command:…'`,
  );
}

export const secretInProxy = configFault(
  "--proxy holds a login, which would stand in a settings file and in the list of processes",
  "leave --proxy out and put the proxy into HTTPS_PROXY or the configuration file, where the password may come from a command",
);

export function secretInOption(flag: string): ConnectError {
  return configInvalid(
    `${flag} holds a secret as text, which would stand in a settings file and in the list of processes`,
    `refer to it: ${flag} '\${VARIABLE}', 'file:/path' or 'command:…'`,
  );
}
