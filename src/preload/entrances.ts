import type { Socket } from "node:net";
import { isWebPort, readMethodArguments } from "./asked.js";
import type { Loopback } from "./loopback.js";
import { asksByName } from "./who-asks.js";

export type Connect = (...given: unknown[]) => Socket;

/**
 * A function of node:net's, node:tls's or node:https's, ours from the moment that its module is there. What it does is put in later; until then it does
 * what Node's own does. Who has taken it with him by then has ours, and who has put a function around it stands above us, as one who
 * comes later.
 */
export class Entrance {
  readonly #holder: () => object;
  readonly #names: readonly string[];
  readonly #asked: (given: readonly unknown[]) => void;
  #inner: Connect | undefined;
  #original: Connect | undefined;
  #ours: Connect | undefined;

  /**
   * @param holder what has the function; loads its module
   * @param names of the function, all of them
   * @param asked called where it is before anything has been {@link put} in
   */
  constructor(
    holder: () => object,
    names: readonly string[],
    asked: (given: readonly unknown[]) => void = () => undefined,
  ) {
    this.#holder = holder;
    this.#names = names;
    this.#asked = asked;
  }

  /** Node's own. */
  get original(): Connect {
    return this.#original ?? this.take();
  }

  /** What stands in its place. */
  get ours(): Connect | undefined {
    this.take();
    return this.#ours;
  }

  put(connect: Connect): void {
    this.take();
    this.#inner = connect;
  }

  /** To be called when the module is there. Gives Node's own function. */
  take(): Connect {
    const holder = this.#holder() as Record<string, Connect>;
    const [name = ""] = this.#names;
    // To load it may have taken it.
    if (this.#original !== undefined) return this.#original;
    const original = (this.#original = holder[name] as Connect);
    const ours = (this.#ours = this.#stand(original));
    Object.defineProperty(ours, "name", { value: original.name });
    for (const each of this.#names) holder[each] = ours;
    return original;
  }

  #stand(original: Connect): Connect {
    const inner = (given: readonly unknown[]): Connect => {
      if (this.#inner === undefined) this.#asked(given);
      return this.#inner ?? original;
    };
    return function (this: unknown, ...given) {
      return Reflect.apply(inner(given), this, given);
    };
  }
}

export interface Entrances {
  /** `net.connect`. */
  readonly net: Entrance;
  /** `net.Socket.prototype.connect`. */
  readonly socket: Entrance;
  /** `tls.connect`. */
  readonly tls: Entrance;
  /** `https.Agent.prototype.createConnection`. */
  readonly secureAgent: Entrance;
}

/** @param asked called where a program opens TLS, or a connection by hand to a web server, before anything has been put in */
export function makeEntrances(loopback: Pick<Loopback, "isLeftAlone">, asked: () => void): Entrances {
  const byHand = (given: readonly unknown[]): void => {
    const peer = readMethodArguments(given)?.peer;
    if (peer !== undefined && (isWebPort(peer.port) || asksByName()) && !loopback.isLeftAlone(peer)) asked();
  };
  const net = (): typeof import("node:net") => process.getBuiltinModule("node:net");
  return {
    net: new Entrance(net, ["connect", "createConnection"]),
    socket: new Entrance(() => net().Socket.prototype, ["connect"], byHand),
    tls: new Entrance(() => process.getBuiltinModule("node:tls"), ["connect"], asked),
    secureAgent: new Entrance(() => process.getBuiltinModule("node:https").Agent.prototype, ["createConnection"]),
  };
}

/** What takes each, by the module that has it. */
export function takesOf({ net, socket, tls, secureAgent }: Entrances): Readonly<Record<string, () => void>> {
  return {
    net: () => [net, socket].forEach((each) => each.take()),
    tls: () => void tls.take(),
    https: () => void secureAgent.take(),
  };
}
