import type { Socket } from "node:net";
import type { Address } from "../base/system.js";
import { withLookup } from "../env/index.js";
import type { Timeouts } from "../policy/types.js";
import type { Abortable } from "./abortable.js";
import { Deadline } from "./deadline.js";
import { notFound } from "./faults-network.js";
import { knownAddresses, resolveEndpoint } from "./dns.js";
import { authority, type Endpoint } from "./endpoint.js";
import { NarrowedTrust } from "./narrowed-trust.js";
import { patience } from "./probe.js";
import { StageRecorder, type Done } from "./stages.js";
import { connectTcp } from "./tcp.js";
import { peerName, startTls, type SecureSocket, type TlsRequest } from "./tls.js";
import type { DialContext, DialOptions } from "./types.js";

const none: NonNullable<DialOptions["direct"]> = {};

/** One dial under way: what its steps share, and those that every leg of the way has. */
export class Dialing {
  /** With the identities and the resolver of this dial. */
  readonly context: DialContext;
  readonly signal: Abortable | undefined;
  readonly deadline: Deadline;
  readonly recorder: StageRecorder;
  /** The socket that was connected last, which all else is spoken on. */
  connected: Socket | undefined;
  readonly #timeouts: Timeouts;
  readonly #keepAlive: boolean | undefined;
  readonly #direct: NonNullable<DialOptions["direct"]>;
  readonly #trust: NarrowedTrust;

  constructor(
    context: DialContext,
    options: DialOptions,
    recorder = new StageRecorder(context.system, options.onStage),
  ) {
    this.context = contextOf(context, options);
    this.signal = options.signal;
    this.deadline = new Deadline(context.system, options.deadline ?? Number.POSITIVE_INFINITY);
    this.recorder = recorder;
    const { timeouts } = context.policy;
    this.#timeouts = options.timeouts === undefined ? timeouts : { ...timeouts, ...options.timeouts };
    this.#keepAlive = options.keepAlive;
    this.#direct = options.direct ?? {};
    this.#trust = new NarrowedTrust(context.trust, () => context.system.now());
  }

  /** To ask beside the dial what a port speaks: quickly, and with no word of it to anyone. */
  probing(): Dialing {
    const timeouts = { dns: patience, tcp: patience, proxyTls: patience, tunnel: patience };
    const quiet = new StageRecorder(this.context.system, undefined, true);
    return new Dialing(this.context, { timeouts, deadline: this.deadline.left }, quiet);
  }

  /** Milliseconds that a stage may take when it begins now. */
  bound(stage: keyof Timeouts): number {
    return this.deadline.within(this.#timeouts[stage]);
  }

  async openSocket(endpoint: Endpoint): Promise<Socket> {
    const found = this.resolve(endpoint);
    const { localAddress, family } = endpoint.hop === "target" ? this.#direct : none;
    const all = "then" in found ? await found : found;
    const addresses = family === undefined ? all : all.filter((each) => each.family === family);
    if (addresses.length === 0) throw notFound(endpoint, undefined);
    return this.recorder.run("tcp", endpoint.hop, authority(endpoint), async () => {
      const made = await connectTcp(addresses, endpoint, this.bound("tcp"), this.signal, {
        keepAlive: this.#keepAlive ?? true,
        localAddress,
      });
      this.connected = made.socket;
      const detail = `connected to ${authority({ host: made.address, port: endpoint.port })}`;
      return { value: made.socket, detail };
    });
  }

  resolve(endpoint: Endpoint): readonly Address[] | Promise<readonly Address[]> {
    const known = knownAddresses(endpoint);
    if (known !== undefined)
      return this.recorder.runNow("dns", endpoint.hop, authority(endpoint), () => resolved(known));
    return this.recorder.run("dns", endpoint.hop, authority(endpoint), async () => {
      const value = await resolveEndpoint(this.context.system, endpoint, this.bound("dns"), this.signal);
      return resolved(value);
    });
  }

  async startTls(socket: Socket, request: TlsRequest): Promise<SecureSocket> {
    const peer = peerName(request);
    const { policy, system } = this.context;
    const secure = await startTls({ policy, system, trust: this.#trust.for(peer) }, socket, request);
    this.#trust.held(peer);
    return secure;
  }

  /** Whether its peer is to be asked once more after `error`, by other authorities. */
  trustsOtherwise(error: unknown): Promise<boolean> {
    return this.#trust.after(error);
  }
}

function resolved(value: readonly Address[]): Done<readonly Address[]> {
  return { value, detail: value.map(({ address }) => address).join(", ") };
}

function contextOf(context: DialContext, { identities, lookup }: DialOptions): DialContext {
  if (identities === undefined && lookup === undefined) return context;
  return {
    ...context,
    ...(identities && { identities }),
    system: withLookup(context.system, lookup),
  };
}

export function describeTls({ socket, issuer }: SecureSocket): string {
  const alpn = typeof socket.alpnProtocol === "string" ? `, ${socket.alpnProtocol}` : "";
  const how = socket.isSessionReused() ? ", session resumed" : "";
  return `${socket.getProtocol() ?? "TLS"}${alpn}${how}${issuer === undefined ? "" : `, issued by ${issuer}`}`;
}
