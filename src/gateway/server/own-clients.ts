import type { Socket } from "node:net";
import type { OwnerCheck, ConnectionEnds, Endpoint } from "../../base/system.js";
import { showsLogin } from "./request-head.js";

/** Every method of HTTP that is in use begins with one. */
const [capitalA, capitalZ] = [0x41, 0x5a];

/**
 * Whose the clients are. What the system says counts for a connection's whole life, since its other end cannot change hands: a new
 * connection from the same port can be made only when ours is over. So ours must be there before the system is asked, and after it has answered.
 */
export class OwnClients {
  readonly #check: OwnerCheck | undefined;
  readonly #own = new WeakSet<object>();

  /** @param check undefined where nobody can be known by the user */
  constructor(check: OwnerCheck | undefined) {
    this.#check = check;
  }

  /** Whether a client has been found to be of this user's. */
  isOwn(client: object): boolean {
    return this.#own.has(client);
  }

  /**
   * Whether to ask for a client with these first bytes. It costs milliseconds: not for who shows a login, nor for who wants a page of the
   * gateway's own, which needs the token from everybody (web pages run as this user, too). SOCKS says later whether it has a login.
   */
  isWorthAsking(firstBytes: Buffer): boolean {
    const [first = 0] = firstBytes;
    return this.#check !== undefined && first >= capitalA && first <= capitalZ && !showsLogin(firstBytes);
  }

  /** Finds out whether a client is of this user's. Never rejects. */
  async ask(client: Socket): Promise<boolean> {
    const before = endsOf(client);
    if (this.#check === undefined || before === undefined) return false;
    const isOwn = await this.#check(before);
    const after = endsOf(client);
    if (!isOwn || after === undefined || !isSame(before.far, after.far)) return false;
    this.#own.add(client);
    return true;
  }
}

const isSame = (one: Endpoint, other: Endpoint): boolean => one.address === other.address && one.port === other.port;

/**
 * Both ends, as the kernel has them now: `socket.remoteAddress` is what it was at the first look, and stays so when the connection is gone.
 * Undefined for one that is over, and for a Unix socket.
 */
function endsOf(socket: Socket): ConnectionEnds | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return undefined;
  const [near, far] = [askHandle(handle, "getsockname"), askHandle(handle, "getpeername")];
  return near === undefined || far === undefined ? undefined : { near, far };
}

function askHandle(handle: object, name: "getsockname" | "getpeername"): Endpoint | undefined {
  const ask: unknown = Reflect.get(handle, name);
  const found: { readonly address?: unknown; readonly port?: unknown } = {};
  if (typeof ask !== "function" || Reflect.apply(ask, handle, [found]) !== 0) return undefined;
  const { address, port } = found;
  return typeof address === "string" && typeof port === "number" ? { address, port } : undefined;
}
