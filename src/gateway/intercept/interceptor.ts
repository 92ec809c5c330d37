import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { ConnectError, findConnectError } from "../../base/errors.js";
import { canonicalHost, formatHostPort } from "../../base/hostname.js";
import { dial, quoteFarSide, type Connection } from "../../dial/index.js";
import { matchHost } from "../../route/index.js";
import { createAuthority, type GatewayAuthority } from "./authority.js";
import type { ClientHello } from "./client-hello.js";
import { EarlyBytes } from "../tunnel/early-bytes.js";
import { join, reset } from "../tunnel/join.js";
import { lastWords } from "../server/last-answer.js";
import { FirstExchange } from "./exchange.js";
import { FaultAnswers } from "./faults.js";
import { lateOpening } from "./late-certificate.js";
import { HeldCaller } from "./held-client.js";
import { alerts, fatalAlert, mistrustFault, secureCaller } from "./client-tls.js";
import { readOpened } from "./hosts.js";
import { reportRoute } from "../route-report.js";
import type { GatewayState, LiveConnection, Opener } from "../types.js";

/**
 * Opens TLS for these hosts (entries in NO_PROXY's grammar), with an authority that is made here and now. Both sides of an opened connection speak
 * the same protocol, so that what is passed on is bytes: HTTP/2, gRPC, WebSocket and event streams go through as they are.
 * @throws {ConnectError} CONFIG_INVALID for an entry that matches nothing, or the hosts of too many
 */
export function createOpener(state: GatewayState, hosts: readonly string[]): Opener {
  const patterns = hosts.map(readOpened);
  const authority = createAuthority(patterns, { now: () => state.context().system.now() });
  const answers = new FaultAnswers(state.options.headTimeout, state.ending);
  return {
    authority: authority.certificate,
    hosts,
    opens: (host, port) => matchHost(patterns, host, port),
    serve: async (caller, target, connection) => {
      const over = new Promise<void>((resolve) => {
        if (caller.closed) resolve();
        else caller.once("close", () => resolve());
      });
      caller.on("error", () => undefined);
      await new Opening({ state, authority, answers }, caller, target, connection).serve().catch(() => reset(caller));
      await over;
    },
  };
}

interface Means {
  readonly state: GatewayState;
  readonly authority: GatewayAuthority;
  readonly answers: FaultAnswers;
}

interface Goal {
  readonly host: string;
  readonly port: number;
}

/** One tunnel that is opened. Whatever it rejects with, the caller's connection is to be cut then. */
class Opening {
  readonly #means: Means;
  readonly #caller: Socket;
  readonly #target: Goal;
  readonly #name: string;
  readonly #live: LiveConnection;

  constructor(means: Means, caller: Socket, target: Goal, live: LiveConnection) {
    this.#means = means;
    this.#caller = caller;
    this.#target = target;
    this.#name = formatHostPort(target.host, target.port);
    this.#live = live;
  }

  async serve(): Promise<void> {
    const { state } = this.#means;
    const held = new HeldCaller(this.#caller);
    const spoken = await held.spoken(state.options.headTimeout, state.ending);
    if (typeof spoken === "object") return this.#serveTls(held, spoken);
    held.release();
    switch (spoken) {
      case "other":
        return this.#servePlain();
      case "gone":
      case "too late":
        this.#caller.destroy();
        return;
      case "silent":
        state.refused(408, `${this.#name}: nothing, or no whole ClientHello, came through the tunnel in time`);
        this.#caller.destroy();
        return;
      case "malformed":
        state.refused(400, `${this.#name}: what came through the tunnel begins like TLS, and is none`);
        lastWords(this.#caller, fatalAlert(alerts.decodeError));
    }
  }

  async #serveTls(held: HeldCaller, hello: ClientHello): Promise<void> {
    const { state } = this.#means;
    this.#live.opened = true;
    const { servername } = hello;
    if (servername !== undefined && canonicalHost(servername) !== canonicalHost(this.#target.host)) {
      held.release();
      state.refused(
        421,
        `${this.#name}: a program asked for "${quoteFarSide(servername, 100)}" inside of it (domain fronting)`,
      );
      lastWords(this.#caller, fatalAlert(alerts.unrecognizedName));
      return;
    }
    const dialled = await this.#dial(hello, held.gone).catch((error: unknown) => this.#faultOf(error, held.gone));
    held.release();
    if (dialled instanceof ConnectError) {
      // The simpler protocol where there is a choice; a caller that knows neither is refused by its own TLS.
      const protocol =
        hello.alpn === undefined || hello.alpn.includes("http/1.1") || !hello.alpn.includes("h2") ? "http/1.1" : "h2";
      const secure = await this.#secure(protocol);
      this.#means.answers.answer(secure, dialled, protocol);
      return;
    }
    await this.#carry(dialled, hello);
  }

  async #carry(connection: Connection, hello: ClientHello): Promise<void> {
    const { socket: farSide, alpn } = connection;
    // Whatever the far side does before the caller is ready: it is kept, and asked for then.
    farSide.on("error", () => undefined);
    let secure: TLSSocket;
    try {
      secure = await this.#secure(alpn);
    } catch (error) {
      farSide.destroy();
      throw error;
    }
    const protocol = alpn ?? (hello.alpn?.includes("http/1.1") === true ? "http/1.1" : undefined);
    const { draining } = this.#means.state;
    const late = protocol === "http/1.1" ? lateOpening(connection, () => this.#dialOlder()) : undefined;
    const over = (error: Error | undefined): void => this.#tell(error);
    const exchange = new FirstExchange(secure, farSide, this.#caller, protocol, late, over, draining);
    const fault = await exchange.run(this.#name);
    this.#tell(fault?.error);
    if (fault?.protocol !== undefined) this.#means.answers.answer(secure, fault.error, fault.protocol);
  }

  async #secure(protocol: string | undefined): Promise<TLSSocket> {
    const { authority, state } = this.#means;
    try {
      const context = authority.contextFor(canonicalHost(this.#target.host));
      return await secureCaller(this.#caller, context, protocol, state.options.headTimeout);
    } catch (error) {
      const fault = mistrustFault(error, this.#name);
      if (fault !== undefined) state.fault(this.#name, fault);
      throw error;
    }
  }

  /** For a caller that has been told that http/1.1 is spoken. */
  async #dialOlder(): Promise<Connection> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort(new Error("the caller has gone"));
    this.#caller.once("close", onClose);
    return this.#dial({ alpn: ["http/1.1"] }, gone.signal, "TLSv1.2").finally(() => this.#caller.off("close", onClose));
  }

  /** With the caller's own list: what is agreed on with the far side is what the caller gets. */
  async #dial(
    { alpn = [] }: Pick<ClientHello, "alpn">,
    signal: AbortSignal,
    maxVersion?: "TLSv1.2",
  ): Promise<Connection> {
    const connection = await dial(
      this.#means.state.context(),
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

  /** The fault to answer with; what is no fault, the caller's going away for one, is thrown on. */
  #faultOf(error: unknown, gone: AbortSignal): ConnectError {
    const fault = gone.aborted ? undefined : findConnectError(error);
    if (fault === undefined) throw error;
    this.#means.state.fault(this.#name, fault);
    return fault;
  }

  /** Not TLS: joined as it would be without an opener, and by the route that programs take for this port. */
  async #servePlain(): Promise<void> {
    const { state } = this.#means;
    this.#live.opened = false;
    const gone = new AbortController();
    const meanwhile = new EarlyBytes(this.#caller, Buffer.alloc(0), () => gone.abort(new Error("the caller has gone")));
    try {
      const context = state.context();
      const route = await context.route(`${this.#target.port === 80 ? "http" : "https"}://${this.#name}/`);
      this.#live.route = reportRoute(route);
      const { socket: farSide } = await dial(
        { ...context, route: () => route },
        { protocol: "http:", ...this.#target },
        { plain: "tunnel", signal: gone.signal, onStage: (event) => this.#live.stages.push(event) },
      );
      if (gone.signal.aborted) {
        farSide.destroy();
        throw gone.signal.reason;
      }
      const bytes = meanwhile.take();
      if (bytes.length > 0) farSide.write(bytes);
      await this.#join(farSide);
    } catch (error) {
      this.#faultOf(error, gone.signal);
      throw error;
    } finally {
      meanwhile.stop();
    }
  }

  #join(farSide: Socket): Promise<void> {
    return new Promise((resolve) => {
      const over = (error: Error | undefined): void => {
        this.#tell(error);
        resolve();
      };
      join(this.#caller, farSide, over, this.#means.state.draining);
    });
  }

  #tell(error: Error | undefined): void {
    const fault = findConnectError(error);
    if (fault !== undefined) this.#means.state.fault(this.#name, fault);
  }
}
