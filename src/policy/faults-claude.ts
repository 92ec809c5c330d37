import { configWarning } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";
import type { ConfigFile } from "../env/index.js";

export function claudeSettingsUnread({ path, text, error = "EUNKNOWN" }: ConfigFile): ConnectError {
  const problem = text === undefined ? `cannot be read (${error})` : "is not a JSON object";
  return notUsed(path, `${path} ${problem}, so a proxyAuthHelper in it is not used`);
}

export function claudeHelperNotText(path: string): ConnectError {
  return notUsed(path, `the proxyAuthHelper in ${path} is not a text, and is not used`);
}

function notUsed(path: string, message: string): ConnectError {
  return configWarning(message, `correct ${path}, or name the command in SALLYPORT_PROXY_AUTH_HELPER`);
}
