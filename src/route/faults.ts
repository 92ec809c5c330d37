import { ConnectError } from "../base/errors.js";
import { redactUrl } from "../base/redact.js";
import { settingName } from "../policy/index.js";
import type { Source } from "../policy/types.js";

export function pacNotAsked(source: Source, url: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    stage: "route",
    hop: "local",
    message: `${settingName(source)} names a PAC file (${redactUrl(url)}), which decides only once it has been read`,
    remedy: "ask for the route with createNetwork() and its route(url), which reads the file",
  });
}

/** @param protocol of a URL, with its colon */
export function unsupportedTarget(protocol: string): ConnectError {
  return invalidTarget(`${protocol.slice(0, 20)}// is not a supported scheme`, "use an http, https, ws or wss URL");
}

export function notAUrl(text: string): ConnectError {
  return invalidTarget(
    `${JSON.stringify(redactUrl(text).slice(0, 100))} is not a valid URL`,
    "write it as https://host/path",
  );
}

function invalidTarget(message: string, remedy: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", { stage: "route", hop: "local", message, remedy });
}
