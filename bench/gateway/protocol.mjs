/**
 * What goes through a tunnel where bytes alone are measured. First a real ClientHello, since some of the peers pass nothing
 * through that does not look like TLS; the upstream skips it. Then requests of one size, whose first byte says what is wanted.
 * No TLS is spoken: its cost on both ends would hide that of what lies between.
 */
import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** What the first byte of a request asks for: an answer each, bytes without end, or to take them. */
export const operations = { echo: 1, download: 2, upload: 3 };

/** Bytes: about those of a small API call and its answer. */
export const requestSize = 256;
export const answerSize = 1024;

/** Bytes of an upload that the upstream confirms with one. */
export const acknowledgeEvery = 1024 * 1024;

export function request(operation) {
  return Buffer.alloc(requestSize, operation);
}

/** @returns {Promise<Buffer>} what a client of this Node says first to `servername` */
export function clientHello(servername) {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk) {
        resolve(chunk);
        wire.destroy();
      },
    });
    // The handshake never goes on; that it fails is what was wanted.
    connect({ socket: wire, servername }).on("error", () => {});
  });
}
