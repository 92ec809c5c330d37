import type { DialContext } from "../dial/types.js";
import { onlyServer, proxyUrl, resolveSecret, writtenEntries } from "../policy/index.js";
import type { ProxyChoice, ProxyServer, Setting } from "../policy/types.js";
import type { VariableValues } from "../tools/types.js";
import { insteadOfVariables } from "./faults-plan.js";
import type { GatewayFace } from "./types.js";

type ProxyValues = Pick<VariableValues, "proxy" | "noProxy">;

/**
 * Where children are sent. With a gateway everything goes there but loopback and link-local addresses: it decides by the policy itself,
 * and no reader's own idea of NO_PROXY can send a host another way. Nothing is lost by that, a host that goes direct goes direct
 * from there, and is shown the client certificate that is meant for it.
 */
export async function childProxy(context: DialContext, gateway: GatewayFace | undefined): Promise<ProxyValues> {
  const { proxy, noProxy } = context.policy;
  const loopback = noProxy.value.proxyLoopback ? ["<-loopback>"] : [];
  if (gateway !== undefined) return { proxy: { https: gateway.proxyUrl, http: gateway.proxyUrl }, noProxy: loopback };
  const [https, http] = await Promise.all([urlOf(proxy.https, context), urlOf(proxy.http, context)]);
  return {
    proxy: { ...(https !== undefined && { https }), ...(http !== undefined && { http }) },
    noProxy: [...loopback, ...writtenEntries(noProxy.value.entries)],
  };
}

async function urlOf(setting: Setting<ProxyChoice> | undefined, context: DialContext): Promise<string | undefined> {
  const server = onlyServer(setting, insteadOfVariables);
  return server && urlWithLogin(server, context);
}

async function urlWithLogin(server: ProxyServer, { system }: DialContext): Promise<string> {
  const { login } = server;
  if (login === undefined) return proxyUrl(server);
  const password = await resolveSecret(login.password, system, { setting: "the proxy's password" });
  return proxyUrl(server, password.reveal());
}
