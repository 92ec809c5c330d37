import { isConnectError } from "../../base/errors.js";
import type { DialOptions } from "../../dial/types.js";
import { chokesOnHello } from "../faults-hello.js";
import { largeGroups, offersPostQuantum, smallGroups, wasDropped } from "../post-quantum.js";
import type { Found, Probing } from "./types.js";

/** Octets that are added: with them a ClientHello needs two packets on a usual wire, as post-quantum keys make it (1216 octets). */
const padding = 1400;

/**
 * A handshake with a ClientHello that does not fit into one packet, beside one that does. Where this Node has post-quantum keys, these are what is
 * on and off. On older ones it is made large by names of protocols that nobody speaks, which every server passes over (RFC 7301 section
 * 3.2), so that size is all that differs from the handshake that has succeeded.
 */
export async function largeHello(probing: Probing): Promise<Found> {
  if (probing.url.protocol === "http:") return found("an http:// URL has none");
  return offersPostQuantum() ? byKeys(probing) : bySize(probing);
}

async function byKeys({ url, open }: Probing): Promise<Found> {
  const [on, off] = [await passes(open, { groups: largeGroups }), await passes(open, { groups: smallGroups })];
  if (on === undefined && off === undefined)
    return found("passes with post-quantum keys (X25519MLKEM768), and without them");
  // The other way round: whoever insists on these keys is no concern of size.
  if (on === undefined) return found("passes with post-quantum keys (X25519MLKEM768); without them the server refuses");
  if (off !== undefined) throw on;
  return { ...found("does not pass with post-quantum keys, and passes without them"), warning: chokesOnHello(url, on) };
}

async function bySize({ url, open }: Probing): Promise<Found> {
  const names = Array.from({ length: padding / 100 }, (_, index) => `x-sallyport-${index}-`.padEnd(99, "x"));
  const lost = await passes(open, { alpn: ["http/1.1", ...names] });
  return lost === undefined
    ? found("one of two packets passes, as post-quantum keys need it")
    : { ...found("one of two packets does not pass"), warning: chokesOnHello(url, lost) };
}

/** What kept it from passing, as a box on the way does that; undefined where it passed. @throws what else stands in the way */
async function passes(open: Probing["open"], options: DialOptions) {
  try {
    const { socket } = await open(options);
    socket.destroy();
    return undefined;
  } catch (error) {
    if (!isConnectError(error) || !wasDropped(error)) throw error;
    return error;
  }
}

const found = (detail: string): Found => ({ stage: "tls", detail: `large ClientHello: ${detail}` });
