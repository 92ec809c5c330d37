import { Roster } from "../../base/roster.js";
import type { ConnectError, Fault } from "../../base/errors.js";
import type { DialContext, StageEvent } from "../../dial/types.js";
import { describeCertificates } from "../status/describe-certificates.js";
import { describeRoutes } from "../status/describe-routes.js";
import type {
  ConnectionKind,
  GatewayEvent,
  GatewayFacts,
  GatewayState,
  GatewayStatus,
  LiveConnection,
  ResolvedOptions,
  TrackedConnection,
} from "../types.js";

export interface StateInit {
  readonly context: DialContext;
  readonly options: ResolvedOptions;
  readonly onEvent?: ((event: GatewayEvent) => void) | undefined;
  /** Asked for again each time. */
  readonly facts?: () => GatewayFacts;
}

/** The state as its owner holds it: parts of the gateway see a {@link GatewayState}. */
export interface OwnedState extends GatewayState {
  /** Puts other settings in force, for what comes from now on. */
  replace(context: DialContext, by?: "settings" | "network", notIntercepted?: readonly string[]): void;
  reloadFailed(fault: ConnectError): void;
  beginDraining(connections: number): void;
  /** Ends all that is under way. */
  abort(reason: Error): void;
  /** Resolves once nothing is under way, or after `ms` milliseconds. */
  idle(ms: number): Promise<void>;
  closed(): void;
}

const nowhere = (): GatewayFacts => ({ version: "", listening: "", admits: "token", origins: [], intercepted: [] });

export function createState(init: StateInit): OwnedState {
  return new RunningState(init);
}

class Tracked implements LiveConnection {
  readonly id: number;
  readonly kind: ConnectionKind;
  readonly target: string;
  readonly since: number;
  readonly stages: StageEvent[] = [];
  readonly bytes: LiveConnection["bytes"];
  readonly destroy: () => void;
  intercepted = false;

  constructor(id: number, since: number, { kind, target, bytes, destroy }: TrackedConnection) {
    this.id = id;
    this.since = since;
    this.kind = kind;
    this.target = target;
    this.bytes = bytes;
    this.destroy = destroy;
  }
}

interface FaultCount {
  count: number;
  last: number;
  fault: Fault;
}

class RunningState implements OwnedState {
  readonly options: ResolvedOptions;
  readonly startedAt: number;
  readonly live = new Roster<LiveConnection>();
  readonly #init: StateInit;
  readonly #controller = new AbortController();
  readonly #ending = new AbortController();
  readonly #connections: Record<ConnectionKind, number> = { connect: 0, socks5: 0, forward: 0, upgrade: 0, origin: 0 };
  readonly #faults = new Map<string, FaultCount>();
  readonly #refusals: Record<string, number> = {};
  #onIdle = (): void => undefined;
  #context: DialContext;
  #next = 1;
  #bytesUp = 0;
  #bytesDown = 0;
  #reloads = 0;
  #failedReloads = 0;
  #networkChanges = 0;

  constructor(init: StateInit) {
    this.#init = init;
    this.#context = init.context;
    this.options = init.options;
    this.startedAt = init.context.system.now();
  }

  // Functions and not methods: they are handed on alone.
  readonly context = (): DialContext => this.#context;
  readonly draining = (): boolean => this.#ending.signal.aborted;
  readonly status = (): GatewayStatus => this.#status();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  track(begun: TrackedConnection): ReturnType<GatewayState["track"]> {
    const connection = new Tracked(this.#next++, this.#now(), begun);
    this.#connections[begun.kind]++;
    this.live.add(connection);
    const over = (fault?: ConnectError): void => {
      if (!this.live.delete(connection)) return;
      if (this.live.size === 0) this.#onIdle();
      const { up, down } = connection.bytes();
      this.#bytesUp += up;
      this.#bytesDown += down;
      if (fault !== undefined) this.fault(connection.target, fault);
      const { kind: by, target, intercepted, route, identity, since }: LiveConnection = connection;
      this.#tell({ kind: "served", by, target, intercepted, route, identity, up, down, duration: this.#now() - since });
    };
    return { connection, over };
  }

  fault(target: string, error: ConnectError): void {
    const fault = error.toJSON();
    const count = (this.#faults.get(fault.code)?.count ?? 0) + 1;
    this.#faults.set(fault.code, { count, last: this.#now(), fault });
    this.#tell({ kind: "fault", target, fault });
  }

  refused(status: number, reason: string): void {
    this.#refusals[status] = (this.#refusals[status] ?? 0) + 1;
    this.#tell({ kind: "refused", status, reason });
  }

  replace(context: DialContext, by: "settings" | "network" = "settings", notIntercepted: readonly string[] = []): void {
    this.#context = context;
    if (by === "network") {
      this.#networkChanges++;
      this.#tell({ kind: "network-changed" });
      return;
    }
    this.#reloads++;
    this.#tell({ kind: "reloaded", notIntercepted });
  }

  reloadFailed(error: ConnectError): void {
    this.#failedReloads++;
    this.#tell({ kind: "reload-failed", fault: error.toJSON() });
  }

  beginDraining(connections: number): void {
    if (this.draining()) return;
    this.#ending.abort(new Error("the gateway is shutting down"));
    this.#tell({ kind: "draining", connections });
  }

  abort(reason: Error): void {
    this.#ending.abort(reason);
    this.#controller.abort(reason);
    for (const connection of this.live) connection.destroy();
  }

  idle(ms: number): Promise<void> {
    if (this.live.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  closed(): void {
    this.#tell({ kind: "closed" });
  }

  #now(): number {
    return this.#context.system.now();
  }

  #tell(event: GatewayEvent): void {
    this.#init.onEvent?.(event);
  }

  #status(): GatewayStatus {
    const now = this.#now();
    const context = this.#context;
    const live = [...this.live].map((connection) => ({ connection, bytes: connection.bytes() }));
    const sum = (side: "up" | "down"): number => live.reduce((total, { bytes }) => total + bytes[side], 0);
    const { version, listening, admits, origins, intercepted } = (this.#init.facts ?? nowhere)();
    return {
      version,
      startedAt: new Date(this.startedAt).toISOString(),
      uptimeSeconds: Math.max(0, Math.floor((now - this.startedAt) / 1000)),
      draining: this.draining(),
      listening,
      admits,
      origins,
      intercepted,
      routes: describeRoutes(context.policy),
      certificates: describeCertificates(context, now),
      connections: live.map(({ connection, bytes }) => ({
        id: connection.id,
        kind: connection.kind,
        target: connection.target,
        since: new Date(connection.since).toISOString(),
        intercepted: connection.intercepted,
        route: connection.route,
        identity: connection.identity,
        ...bytes,
        stages: connection.stages.map(({ stage, hop, ok, ms, detail }) => ({ stage, hop, ok, ms, detail })),
      })),
      totals: {
        connections: { ...this.#connections },
        bytesUp: this.#bytesUp + sum("up"),
        bytesDown: this.#bytesDown + sum("down"),
        reloads: this.#reloads,
        failedReloads: this.#failedReloads,
        networkChanges: this.#networkChanges,
      },
      faults: [...this.#faults]
        .map(
          ([
            code,
            {
              count,
              last,
              fault: { message, remedy },
            },
          ]) => ({
            code,
            count,
            last: new Date(last).toISOString(),
            message,
            remedy,
          }),
        )
        .sort((a, b) => b.count - a.count),
      refusals: { ...this.#refusals },
      warnings: [...context.policy.warnings, ...context.trust.warnings, ...context.identities.warnings].map((warning) =>
        warning.toJSON(),
      ),
    };
  }
}
