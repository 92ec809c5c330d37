import { formatProxy, resolveSecret, settingName } from "../../policy/index.js";
import type { AuthHelper, ProxyServer, Setting } from "../../policy/types.js";
import type { System } from "../../base/system.js";
import type { Credentials } from "../login-verdict.js";
import { badHelperAnswer, type HelperProblem } from "./faults-helper.js";

/** Milliseconds that it may take: as long as Claude Code gives it. */
const patience = 30_000;

/** Tokens of these belong to one connection, or are remembered by the proxy: a second use is a replay. */
const boundSchemes: readonly string[] = ["negotiate", "ntlm", "kerberos"];

/**
 * Runs the helper, in the environment in which Claude Code runs it. Basic gives user and password; what else it prints is sent as it is.
 * @param challenge the proxy's Proxy-Authenticate field, where it has been asked
 * @throws {ConnectError} SECRET_COMMAND_FAILED, which names the setting and holds nothing of what was printed
 */
export async function askHelper(
  { value: { command, directory }, source }: Setting<AuthHelper>,
  { protocol, host, port }: ProxyServer,
  { system, challenge }: { readonly system: System; readonly challenge: string | undefined },
): Promise<Credentials> {
  const env = {
    CLAUDE_CODE_PROXY_URL: formatProxy({ protocol, host, port }),
    CLAUDE_CODE_PROXY_HOST: host,
    // An older one may stand in our own environment: this may run under such a helper.
    CLAUDE_CODE_PROXY_AUTHENTICATE: challenge ?? "",
  };
  const setting = settingName(source);
  const options = { setting, run: { env, directory, timeout: patience } };
  const printed = await resolveSecret({ kind: "command", command }, system, options);
  const credentials = readAnswer(printed.reveal().trim());
  if (typeof credentials === "string") throw badHelperAnswer(setting, credentials);
  return credentials;
}

/** The credentials that a value of Proxy-Authorization stands for, or what is wrong with it. */
export function readAnswer(value: string): Credentials | HelperProblem {
  if (value === "") return "nothing";
  if (/[\r\n]/.test(value)) return "lines";
  if (/^proxy-authorization[ \t]*:/i.test(value)) return "name";
  // RFC 9110 section 11.4: a scheme and what belongs to it. Beyond ASCII nobody knows what is meant.
  const [, name, rest = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([\x20-\x7e]+)$/.exec(value) ?? [];
  if (name === undefined) return "form";
  const scheme = name.toLowerCase();
  if (scheme !== "basic")
    return { username: "", password: "", header: { scheme, value, bound: boundSchemes.includes(scheme) } };
  return readBasic(rest) ?? "basic";
}

/** RFC 7617: user and password in UTF-8. In another encoding they are sent as they are. */
function readBasic(token: string): Credentials | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64");
  const text = bytes.toString("utf8");
  const colon = text.indexOf(":");
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (colon === -1 || /[\x00-\x1f\x7f]/.test(text)) return undefined;
  if (!Buffer.from(text, "utf8").equals(bytes))
    return { username: "", password: "", header: { scheme: "basic", value: `Basic ${token}`, bound: false } };
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
