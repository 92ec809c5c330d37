import net from "node:net";
import tls from "node:tls";
import { AskedSocket, type Ask, type Dial } from "./asked-socket.js";
import type { Entrances } from "./entrances.js";
import { hostPortKey } from "./host-port.js";
import type { HostPort, Joined } from "./types.js";

/** On a connection of Node's that is only opened to see what becomes of it; it comes out below with this in its options. */
interface Question {
  readonly lookup: unknown;
  passed(socket: net.Socket): void;
}

/** A connection that a program asked for. */
export interface Asking {
  readonly lookup: unknown;
  /** Opens it in Node's way, with these options beside its own. */
  readonly open: (options: object) => net.Socket;
  readonly dial: Dial;
  readonly signal: AbortSignal;
}

const question = Symbol("sallyport.question");

type Options = Readonly<Record<PropertyKey, unknown>>;

/** Those by which programs come to a connection: who replaces one stands above us. */
interface Functions {
  readonly method: unknown;
  readonly connect: unknown;
  readonly createConnection: unknown;
  readonly secure: unknown;
}

/** Hosts that are known to be let through are forgotten all at once beyond so many: they are asked about again then. */
const bound = 10_000;

const inPlace = (): Functions => ({
  method: net.Socket.prototype.connect,
  connect: net.connect,
  createConnection: net.createConnection,
  secure: tls.connect,
});

/** Asked for each request. */
function areInPlace({ method, connect, createConnection, secure }: Functions): boolean {
  return (
    tls.connect === secure &&
    net.connect === connect &&
    net.createConnection === createConnection &&
    net.Socket.prototype.connect === method
  );
}

/**
 * Who has put something of theirs before ours: a mock that answers in a server's stead (nock 15, msw 3), an instrument that watches. What
 * they would see without us they are to see, and a mocked request never reaches the network: so connections are made in Node's way
 * while somebody stands there, and who lets one through is met at the bottom, where the policy takes over.
 */
export class Above {
  readonly #passing = new Set<string>();
  #ours: Functions = inPlace();
  #latest = this.#ours;

  /**
   * Called when the dialer has kept Node's own functions.
   * @param byHand connects a socket of the program's own, which nobody has answered for, where that is the policy's
   */
  install(
    { net: plain, socket, tls: secure }: Entrances,
    byHand: (socket: net.Socket, given: unknown[]) => boolean,
  ): void {
    const connect = socket.original;
    socket.put(function (this: net.Socket, ...given) {
      const asked = questionIn(given[0]);
      if (asked === undefined) return byHand(this, given) ? this : Reflect.apply(connect, this, given);
      // Whoever answers in a server's stead has the name looked up otherwise, so that there is one to be found.
      if (asked.question.lookup !== asked.lookup) return Reflect.apply(connect, this, given);
      asked.question.passed(this);
      return this;
    });
    this.#ours = this.#latest = {
      method: socket.ours,
      connect: plain.ours,
      createConnection: plain.ours,
      secure: secure.ours,
    };
  }

  get isEmpty(): boolean {
    return areInPlace(this.#ours);
  }

  /** Whether somebody stands there who may answer for that host: then its connections are Node's to open. */
  mustAsk(peer: HostPort): boolean {
    if (this.isEmpty) return false;
    if (!areInPlace(this.#latest)) {
      this.#passing.clear();
      this.#latest = inPlace();
    }
    return !this.#passing.has(hostPortKey(peer));
  }

  /**
   * Opens a connection in Node's way, and gives whoever answers on it; and what the policy opens where it is let through.
   * @throws {Error} what the mock fails the connection with
   */
  async ask(peer: HostPort, { lookup, open, dial, signal }: Asking): Promise<Joined> {
    const ask: Ask = (passed) => open({ [question]: { lookup, passed } satisfies Question });
    const asked = new AskedSocket(ask, dial);
    // An instrument, or a mock that has nothing to do with that host: it need not be asked for each connection.
    if (asked.wasPassedAtOnce) {
      if (this.#passing.size >= bound) this.#passing.clear();
      this.#passing.add(hostPortKey(peer));
      return dial();
    }
    const abort = (): void => void asked.destroy();
    signal.addEventListener("abort", abort, { once: true });
    await asked.opened();
    signal.removeEventListener("abort", abort);
    return { socket: asked, explain: (error) => asked.explain(error) };
  }
}

/** A connection that we opened ourselves comes back: by `tls.connect` of who lets it through, or below them. */
export function isQuestion(given: readonly unknown[]): boolean {
  return given.some((each) => isOptions(each) && question in each);
}

/** The question that comes with a connection, and the `lookup` that it has come to. node:net hands its arguments on as one array. */
function questionIn(first: unknown): { question: Question; lookup: unknown } | undefined {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (!isOptions(options)) return undefined;
  const asked = options[question] as Question | undefined;
  return asked && { question: asked, lookup: options["lookup"] };
}

const isOptions = (value: unknown): value is Options => typeof value === "object" && value !== null;
