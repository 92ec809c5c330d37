import { Duplex } from "node:stream";

/** Something that stands for a socket of Node's, and has one behind it sooner or later. */
export interface StandIn {
  /** The socket itself, once it is there. */
  readonly joined: object | undefined;
  /** Does it now, or when the socket is there. */
  whenJoined(work: () => void): void;
}

type StandInOf = (wrapper: object) => StandIn | undefined;

/** Calls whose effect lasts: made before there is a socket, they are made up for. */
const lasting = /^(?:set|enable|disable|renegotiate)/;

/** What a TLS socket says before its handshake, where that is not undefined. */
const early: Readonly<Record<string, () => unknown>> = {
  address: () => ({}),
  getPeerCertificate: () => ({}),
  getCertificate: () => ({}),
  getCipher: () => ({}),
  getEphemeralKeyInfo: () => ({}),
  getProtocol: () => null,
  isSessionReused: () => null,
};

/** How like a stand-in is to what it stands for. */
interface Likeness {
  /** It descends from `kind`, so that `instanceof` says so; else from streams alone. */
  readonly descends: boolean;
  /** Finds the stand-in behind an object of the prototype. */
  readonly standIn: StandInOf;
}

/**
 * A prototype for stand-ins of sockets: it has `own` first, and passes on whatever else the sockets of `kind` have, methods that later
 * Nodes add to them as well.
 */
export function inTheLikenessOf(kind: object, own: object, { descends, standIn }: Likeness): object {
  const made = Object.create(descends ? kind : Duplex.prototype, Object.getOwnPropertyDescriptors(own)) as object;
  for (let from = kind; from !== Duplex.prototype; from = Object.getPrototypeOf(from) as object) {
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (Object.hasOwn(made, name) || name.startsWith("_")) continue;
      // These net.Socket overrides for a handle of its own; a stand-in is read as any stream is.
      const ofStreams: unknown = (Duplex.prototype as unknown as Record<string, unknown>)[name];
      if (typeof ofStreams === "function") Object.defineProperty(made, name, { value: ofStreams, ...changeable });
      else if (get !== undefined) Object.defineProperty(made, name, getter(name, standIn));
      else if (typeof value === "function")
        Object.defineProperty(made, name, { value: call(name, standIn), ...changeable });
    }
  }
  const { constructor } = kind;
  return Object.defineProperty(made, "constructor", { value: constructor, ...changeable });
}

const changeable = { writable: true, configurable: true } as const;

/** A property of the socket's, given by it. */
export function getter(name: string, standIn: StandInOf): PropertyDescriptor {
  return {
    get(this: object): unknown {
      return (standIn(this)?.joined as Record<string, unknown> | undefined)?.[name];
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, enumerable: true, ...changeable });
    },
    configurable: true,
  };
}

function call(name: string, standIn: StandInOf): (...given: unknown[]) => unknown {
  return function (this: object, ...given) {
    const found = standIn(this);
    const apply = (): unknown => {
      const { joined } = found ?? {};
      const method = (joined as Record<string, unknown> | undefined)?.[name];
      return typeof method === "function" ? (method.apply(joined, given) as unknown) : undefined;
    };
    if (found?.joined !== undefined) {
      const answer = apply();
      return answer === found.joined ? this : answer;
    }
    if (lasting.test(name)) found?.whenJoined(apply);
    return lasting.test(name) ? true : early[name]?.();
  };
}
