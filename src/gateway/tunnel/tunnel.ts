import type { Socket } from "node:net";
import { findConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import { AbortFlag, dial, type Abortable, type Connection } from "../../dial/index.js";
import { statusOf, type Refusal } from "../server/answers.js";
import { EarlyBytes } from "./early-bytes.js";
import { loopFault, unexplained } from "../faults.js";
import { leadsHome, type GuardOptions } from "../server/guard.js";
import { probe } from "../server/presence.js";
import { join, reset } from "./join.js";
import type { Authority } from "../server/request-head.js";
import { reportRoute } from "../../route/index.js";
import type { GatewayState, LiveConnection, Interceptor } from "../types.js";

/** What tunnels are made with. */
export interface Tunnelling {
  readonly state: GatewayState;
  readonly guard: GuardOptions;
  readonly interceptor: Interceptor | undefined;
}

/** A client who has shown the token and named a target, by CONNECT or SOCKS. */
export interface TunnelRequest {
  readonly kind: "connect" | "socks5";
  readonly client: Socket;
  /** Bytes that came behind the request: they belong to the tunnel. */
  readonly early: Buffer;
  readonly target: Authority;
  /** Tells the client that the tunnel is open. */
  grant(): void;
  /** Tells the client why not; the client's socket is the callee's from then on. */
  refuse(refusal: Refusal): void;
}

/** Opens a tunnel as the policy has it and joins both sides, or intercepts its TLS. Never rejects; settles once it is joined or over. */
export async function serveTunnel(tunnelling: Tunnelling, request: TunnelRequest): Promise<void> {
  const { state, interceptor } = tunnelling;
  const { client, target } = request;
  const abandoned = new AbortFlag();
  const [readBefore, writtenBefore] = [client.bytesRead - request.early.length, client.bytesWritten];
  const { connection, over } = state.track({
    kind: request.kind,
    target: formatHostPort(target.host, target.port),
    bytes: () => ({ up: client.bytesRead - readBefore, down: client.bytesWritten - writtenBefore }),
    destroy: () => {
      abandoned.abort(new Error("the gateway is closing"));
      reset(client);
    },
  });
  try {
    if (interceptor?.intercepts(target.host, target.port) === true) {
      await openHere(interceptor, tunnelling, request, connection);
      over();
      return;
    }
    const upstream = await reach(tunnelling, request, connection, abandoned);
    request.grant();
    join(client, upstream, (error) => over(findConnectError(error)), state.draining);
  } catch (error) {
    if (abandoned.aborted) {
      over();
      client.destroy();
      return;
    }
    const fault = findConnectError(error) ?? unexplained(connection.target, error);
    over(fault);
    request.refuse({ status: statusOf(fault), fault });
  }
}

async function openHere(
  interceptor: Interceptor,
  tunnelling: Tunnelling,
  { client, target, early, grant }: TunnelRequest,
  connection: LiveConnection,
): Promise<void> {
  // Where it goes is asked for now, so that what is refused is refused with the CONNECT.
  connection.route = reportRoute(await tunnelling.state.context().route(urlOf(target)));
  connection.intercepted = true;
  if (early.length > 0) client.unshift(early);
  grant();
  await interceptor.serve(client, target, connection);
}

/** Dials; gives it up when the client goes away meanwhile. */
async function reach(
  { state, guard }: Tunnelling,
  { client, early, target }: TunnelRequest,
  connection: LiveConnection,
  abandoned: AbortFlag,
): Promise<Socket> {
  const meanwhile = new EarlyBytes(client, early, () => abandoned.abort(new Error("the client has disconnected")));
  try {
    const context = state.context();
    const found = context.route(urlOf(target));
    const route = "then" in found ? await found : found;
    connection.route = reportRoute(route);
    const dialled = await dial(
      context,
      { protocol: "tcp:", ...target },
      { route, keepAlive: false, signal: abandoned, onStage: (event) => connection.stages.push(event) },
    );
    const upstream = settle(dialled, abandoned);
    probe(upstream);
    if (dialled.route !== route) connection.route = reportRoute(dialled.route);
    if (leadsHome(upstream, dialled.route.hops[0]?.port ?? target.port, guard)) {
      upstream.destroy();
      throw loopFault(connection.target);
    }
    const bytes = meanwhile.take();
    if (bytes.length > 0) upstream.write(bytes);
    return upstream;
  } finally {
    meanwhile.stop();
  }
}

/** The client may have gone in the moment in which the dial came back. */
function settle({ socket }: Connection, signal: Abortable): Socket {
  if (!signal.aborted) return socket;
  socket.destroy();
  throw new Error("abandoned", { cause: signal.reason });
}

/**
 * CONNECT does not say what will be spoken. On every port but 80 that is nearly always TLS, and so the settings for https hold, as
 * they do for the programs that send it.
 */
function urlOf({ host, port }: Authority): string {
  return `${port === 80 ? "http" : "https"}://${formatHostPort(host, port)}/`;
}
