import type { Duplex } from "node:stream";

// RFC 9113 section 6.
const headers = 0x1;
const settings = 0x4;
const goAwayType = 0x7;
const endOfHeadersAndStream = 0x5;
/** What a client begins with (section 3.4), before its frames. */
const preface = 24;

/** RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A status (RFC 7541 appendix A: 200) for a stream that there cannot be: section 6.2 has it end the connection. */
export const headersOnNoStream = frame(headers, endOfHeadersAndStream, 0, Buffer.from([0x88]));

/** Whoever sends it has seen no request, and an error (section 7). */
export function goAway(error: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(error, 4);
  return frame(goAwayType, 0, 0, payload);
}

/** Greets the client, and answers its first request with these frames; then nothing more comes. */
export function answerRequest(socket: Duplex, frames: readonly Buffer[]): void {
  let seen = Buffer.alloc(0);
  const look = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    if (!holdsHeaders(seen)) return;
    socket.off("data", look);
    socket.resume();
    for (const one of frames) socket.write(one);
    socket.end();
  };
  socket.on("data", look);
  socket.write(frame(settings, 0, 0, Buffer.alloc(0)));
}

function holdsHeaders(octets: Buffer): boolean {
  for (let at = preface; at + 9 <= octets.length; at += 9 + octets.readUIntBE(at, 3))
    if (octets.readUInt8(at + 3) === headers) return true;
  return false;
}
