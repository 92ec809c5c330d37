import { once } from "node:events";
import http from "node:http";
import type { Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { startGateway, type Gateway, type GatewayEvent, type GatewayOptions } from "../../../src/gateway/index.js";
import { labVariables, type Lab, type LabProxy, type LabVariablesOptions } from "../../../src/lab/index.js";

export type TestGateway = Gateway & { readonly events: readonly GatewayEvent[] };

/** A gateway as a program on a machine of the lab's office would start it. */
export async function gatewayAt(
  lab: Lab,
  proxy: LabProxy | undefined,
  options: GatewayOptions & Pick<LabVariablesOptions, "clientCertificate"> = {},
): Promise<TestGateway> {
  const { clientCertificate, ...rest } = options;
  const events: GatewayEvent[] = [];
  const gateway = await startGateway({
    source: { variables: labVariables(lab, proxy, clientCertificate === undefined ? {} : { clientCertificate }) },
    lookup: lab.lookup,
    stores: ["bundled"],
    watch: false,
    onEvent: (event) => events.push(event),
    ...rest,
  });
  return Object.assign(gateway, { events });
}

/** A tunnel through the gateway, as a program asks for it. */
export async function connectThrough(gateway: Gateway, authority: string): Promise<Socket> {
  const { port, username, password } = new URL(gateway.proxyUrl);
  const login = Buffer.from(`${username}:${password}`).toString("base64");
  const request = http.request({
    host: "127.0.0.1",
    port,
    method: "CONNECT",
    path: authority,
    headers: { host: authority, "proxy-authorization": `Basic ${login}` },
  });
  request.end();
  const [response, socket] = (await once(request, "connect")) as [http.IncomingMessage, Socket];
  if (response.statusCode !== 200) throw new Error(`CONNECT was answered ${response.statusCode}`);
  return socket;
}

/** The same with TLS inside, that trusts the authorities given. */
export async function secureThrough(
  gateway: Gateway,
  authority: string,
  options: tls.ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = tls.connect({
    socket: await connectThrough(gateway, authority),
    servername: authority.replace(/:\d+$/, ""),
    ...(gateway.authority !== undefined && { ca: gateway.authority }),
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

/** All that comes until the upstream has ended; rejects where the connection breaks off. */
export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export function get(path: string, host = "x", headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, "", ""].join("\r\n");
}

export function jsonOf(answer: string): Record<string, unknown> {
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Record<string, unknown>;
}

export const hostOf = (url: string): string => new URL(url).host;
