import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { ConnectError, findConnectError } from "../../base/errors.js";
import { canonicalHost, formatHostPort, type HostPort } from "../../base/hostname.js";
import { dial, quotePeer, type Connection } from "../../dial/index.js";
import { matchHost, reportRoute } from "../../route/index.js";
import { createAuthority, type GatewayAuthority } from "./authority.js";
import type { ClientHello } from "./client-hello.js";
import { EarlyBytes } from "../tunnel/early-bytes.js";
import { join, reset } from "../tunnel/join.js";
import { lastWords } from "../server/last-answer.js";
import { FirstExchange, type ClientSide } from "./exchange.js";
import { FaultAnswers } from "./fault-answers.js";
import { lateIntercept } from "./late-certificate.js";
import { HeldClient } from "./held-client.js";
import { alerts, fatalAlert, mistrustFault, secureClient } from "./client-tls.js";
import { readIntercepted } from "./hosts.js";
import type { GatewayState, LiveConnection, Interceptor } from "../types.js";

/**
 * Opens TLS for these hosts (entries in NO_PROXY's grammar), with an authority that is made here and now. Both sides of an intercepted connection speak
 * the same protocol, so that what is passed on is bytes: HTTP/2, gRPC, WebSocket and event streams go through as they are.
 * @throws {ConnectError} CONFIG_INVALID for an entry that matches nothing, or the hosts of too many
 */
export function createInterceptor(state: GatewayState, hosts: readonly string[]): Interceptor {
  const patterns = hosts.map(readIntercepted);
  const authority = createAuthority(patterns, { now: () => state.context().system.now() });
  const answers = new FaultAnswers(state.options.headTimeout, state.ending);
  return {
    authority: authority.certificate,
    hosts,
    intercepts: (host, port) => matchHost(patterns, host, port),
    serve: async (client, target, connection) => {
      const over = new Promise<void>((resolve) => {
        if (client.closed) resolve();
        else client.once("close", () => resolve());
      });
      client.on("error", () => undefined);
      await new Interception({ state, authority, answers }, client, target, connection)
        .serve()
        .catch(() => reset(client));
      await over;
    },
  };
}

interface Dependencies {
  readonly state: GatewayState;
  readonly authority: GatewayAuthority;
  readonly answers: FaultAnswers;
}

/** One tunnel that is intercepted. Whatever it rejects with, the client's connection is to be cut then. */
class Interception {
  readonly #dependencies: Dependencies;
  readonly #client: Socket;
  readonly #target: HostPort;
  readonly #name: string;
  readonly #live: LiveConnection;

  constructor(means: Dependencies, client: Socket, target: HostPort, live: LiveConnection) {
    this.#dependencies = means;
    this.#client = client;
    this.#target = target;
    this.#name = formatHostPort(target.host, target.port);
    this.#live = live;
  }

  async serve(): Promise<void> {
    const { state } = this.#dependencies;
    const held = new HeldClient(this.#client);
    const spoken = await held.spoken(state.options.headTimeout, state.ending);
    if (typeof spoken === "object") return this.#serveTls(held, spoken);
    held.release();
    switch (spoken) {
      case "other":
        return this.#servePlain();
      case "gone":
      case "too late":
        this.#client.destroy();
        return;
      case "silent":
        state.refused(408, `${this.#name}: nothing, or no whole ClientHello, came through the tunnel in time`);
        this.#client.destroy();
        return;
      case "malformed":
        state.refused(400, `${this.#name}: what came through the tunnel begins like TLS but is not TLS`);
        lastWords(this.#client, fatalAlert(alerts.decodeError));
    }
  }

  async #serveTls(held: HeldClient, hello: ClientHello): Promise<void> {
    const { state } = this.#dependencies;
    this.#live.intercepted = true;
    const { servername } = hello;
    if (servername !== undefined && canonicalHost(servername) !== canonicalHost(this.#target.host)) {
      held.release();
      state.refused(
        421,
        `${this.#name}: a program asked for "${quotePeer(servername, 100)}" inside it (domain fronting)`,
      );
      lastWords(this.#client, fatalAlert(alerts.unrecognizedName));
      return;
    }
    const dialled = await this.#dial(hello, held.gone).catch((error: unknown) => this.#faultOf(error, held.gone));
    held.release();
    if (dialled instanceof ConnectError) {
      // The simpler protocol where there is a choice; a client that knows neither is refused by its own TLS.
      const protocol =
        hello.alpn === undefined || hello.alpn.includes("http/1.1") || !hello.alpn.includes("h2") ? "http/1.1" : "h2";
      const secure = await this.#secure(protocol);
      this.#dependencies.answers.answer(secure, dialled, protocol);
      return;
    }
    await this.#carry(dialled, hello);
  }

  async #carry(connection: Connection, hello: ClientHello): Promise<void> {
    const { socket: upstream, alpn } = connection;
    // Whatever the upstream does before the client is ready: it is kept, and asked for then.
    upstream.on("error", () => undefined);
    let secure: TLSSocket;
    try {
      secure = await this.#secure(alpn);
    } catch (error) {
      upstream.destroy();
      throw error;
    }
    const protocol = alpn ?? (hello.alpn?.includes("http/1.1") === true ? "http/1.1" : undefined);
    const late = protocol === "http/1.1" ? lateIntercept(connection, () => this.#dialOlder()) : undefined;
    const client: ClientSide = {
      socket: secure,
      raw: this.#client,
      protocol,
      over: (error) => this.#tell(error),
      isDraining: this.#dependencies.state.draining,
    };
    const exchange = new FirstExchange(client, upstream, late);
    const fault = await exchange.run(this.#name);
    this.#tell(fault?.error);
    if (fault?.protocol !== undefined) this.#dependencies.answers.answer(secure, fault.error, fault.protocol);
  }

  async #secure(protocol: string | undefined): Promise<TLSSocket> {
    const { authority, state } = this.#dependencies;
    try {
      const context = authority.contextFor(canonicalHost(this.#target.host));
      return await secureClient(this.#client, context, protocol, state.options.headTimeout);
    } catch (error) {
      const fault = mistrustFault(error, this.#name);
      if (fault !== undefined) state.fault(this.#name, fault);
      throw error;
    }
  }

  /** For a client that has been told that http/1.1 is spoken. */
  async #dialOlder(): Promise<Connection> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort(new Error("the client has disconnected"));
    this.#client.once("close", onClose);
    return this.#dial({ alpn: ["http/1.1"] }, gone.signal, "TLSv1.2").finally(() => this.#client.off("close", onClose));
  }

  /** With the client's own list: what is agreed on with the upstream is what the client gets. */
  async #dial(
    { alpn = [] }: Pick<ClientHello, "alpn">,
    signal: AbortSignal,
    maxVersion?: "TLSv1.2",
  ): Promise<Connection> {
    const connection = await dial(
      this.#dependencies.state.context(),
      { protocol: "https:", ...this.#target },
      { alpn, signal, onStage: (event) => this.#live.stages.push(event), ...(maxVersion && { maxVersion }) },
    );
    if (signal.aborted) {
      connection.socket.destroy();
      throw signal.reason;
    }
    this.#live.route = reportRoute(connection.route);
    if (connection.identity !== undefined) this.#live.identity = connection.identity.name;
    return connection;
  }

  /** The fault to answer with; what is not a fault, the client's going away for one, is thrown on. */
  #faultOf(error: unknown, gone: AbortSignal): ConnectError {
    const fault = gone.aborted ? undefined : findConnectError(error);
    if (fault === undefined) throw error;
    this.#dependencies.state.fault(this.#name, fault);
    return fault;
  }

  /** Not TLS: joined as it would be without an interceptor, and by the route that programs take for this port. */
  async #servePlain(): Promise<void> {
    const { state } = this.#dependencies;
    this.#live.intercepted = false;
    const gone = new AbortController();
    const meanwhile = new EarlyBytes(this.#client, Buffer.alloc(0), () =>
      gone.abort(new Error("the client has disconnected")),
    );
    try {
      const context = state.context();
      const route = await context.route(`${this.#target.port === 80 ? "http" : "https"}://${this.#name}/`);
      this.#live.route = reportRoute(route);
      const { socket: upstream } = await dial(
        context,
        { protocol: "tcp:", ...this.#target },
        { route, signal: gone.signal, onStage: (event) => this.#live.stages.push(event) },
      );
      if (gone.signal.aborted) {
        upstream.destroy();
        throw gone.signal.reason;
      }
      const bytes = meanwhile.take();
      if (bytes.length > 0) upstream.write(bytes);
      await this.#join(upstream);
    } catch (error) {
      this.#faultOf(error, gone.signal);
      throw error;
    } finally {
      meanwhile.stop();
    }
  }

  #join(upstream: Socket): Promise<void> {
    return new Promise((resolve) => {
      const over = (error: Error | undefined): void => {
        this.#tell(error);
        resolve();
      };
      join(this.#client, upstream, over, this.#dependencies.state.draining);
    });
  }

  #tell(error: Error | undefined): void {
    const fault = findConnectError(error);
    if (fault !== undefined) this.#dependencies.state.fault(this.#name, fault);
  }
}
