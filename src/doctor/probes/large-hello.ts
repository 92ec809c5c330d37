import { isConnectError } from "../../base/errors.js";
import { chokesOnHello } from "./faults.js";
import type { Found, Probing } from "./types.js";

/** Octets that are added: with them a ClientHello needs two packets on a usual wire, as post-quantum keys make it (1216 octets). */
const padding = 1400;

/**
 * A handshake with a ClientHello that does not fit into one packet. It is made large by names of protocols that nobody speaks, which every
 * server passes over (RFC 7301 section 3.2), so that size is all that differs from the handshake that has succeeded.
 */
export async function largeHello({ url, open }: Probing): Promise<Found> {
  if (url.protocol === "http:") return found("an http:// URL has none");
  const names = Array.from({ length: padding / 100 }, (_, index) => `x-sallyport-${index}-`.padEnd(99, "x"));
  try {
    const { socket } = await open({ alpn: ["http/1.1", ...names] });
    socket.destroy();
    return found("one of two packets passes, as post-quantum keys need it");
  } catch (error) {
    if (!isConnectError(error) || !(error.code === "TLS_RESET" || error.code === "TLS_TIMEOUT")) throw error;
    return { ...found("one of two packets does not pass"), warning: chokesOnHello(url, error) };
  }
}

const found = (detail: string): Found => ({ stage: "tls", detail: `large ClientHello: ${detail}` });
