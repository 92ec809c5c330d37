import { formatProxy, sameProxy } from "../../policy/index.js";
import type { Policy, ProxyServer } from "../../policy/types.js";
import type { Context } from "../context.js";
import { notForHeaders } from "../faults-login.js";
import type { GlobalFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import { namedProxy, readProxy } from "./named-proxy.js";
import { loadPolicy, networkOptions } from "./network.js";

/**
 * `sallyport auth-header`: a value of Proxy-Authorization, for programs that ask a command for it. Claude Code says in variables which proxy
 * it is for, and what that proxy has asked for.
 */
export async function authHeaderCommand(
  text: string | undefined,
  flags: GlobalFlags,
  context: Context,
): Promise<number> {
  const { terminal, variables, io } = context;
  const policy = loadPolicy(flags, context);
  const asked = variables["CLAUDE_CODE_PROXY_URL"];
  const named =
    text === undefined && asked !== undefined && asked !== ""
      ? readProxy(asked)
      : namedProxy(text, policy, "auth-header");
  const proxy = withLogin(named, policy);
  const name = formatProxy({ protocol: proxy.protocol, host: proxy.host, port: proxy.port });
  if (proxy.protocol !== "http" && proxy.protocol !== "https") throw notForHeaders(name);
  const { authorizationFor } = await import("../../dial/index.js");
  const offered = variables["CLAUDE_CODE_PROXY_AUTHENTICATE"];
  const { scheme, value } = await authorizationFor({ policy, system: networkOptions(flags, context).system }, proxy, {
    offered: offered === "" ? undefined : offered,
    signal: io.signal,
  });
  if (flags.json === true) await terminal.json({ ok: true, proxy: name, scheme, authorization: value });
  else await terminal.print(`${value}\n`);
  return exitCode.fine;
}

/** The login that a setting has for the same proxy. */
function withLogin(proxy: ProxyServer, { pacLogins }: Policy): ProxyServer {
  if (proxy.login !== undefined) return proxy;
  return pacLogins.find((one) => sameProxy(one, proxy)) ?? proxy;
}
