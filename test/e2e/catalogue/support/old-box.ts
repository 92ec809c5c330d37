import { connect, type Socket } from "node:net";

// RFC 8446 section 5.1 and 4: what a record and a message within it begin with.
const recordHead = 5;
const messageHead = 4;
const handshake = 0x16;
const serverHello = 0x02;
/** RFC 5746 section 3.2. */
const renegotiationInfo = 0xff01;

/** A box on the way to a TLS 1.2 server that knows nothing of RFC 5746: what the server says of it does not arrive. */
export function oldBox(socket: Socket, port: number): void {
  const server = connect(port, "127.0.0.1");
  socket.pipe(server);
  let begun = Buffer.alloc(0);
  const first = (chunk: Buffer): void => {
    begun = Buffer.concat([begun, chunk]);
    if (begun.length < recordHead || begun.length < recordHead + begun.readUInt16BE(3)) return;
    server.off("data", first);
    socket.write(withoutRenegotiationInfo(begun));
    server.pipe(socket);
  };
  server.on("data", first);
  server.on("error", () => socket.destroy());
  socket.on("close", () => server.destroy());
}

/** The same records, where the first is a ServerHello (RFC 5246 section 7.4.1.3): three lengths enclose its extensions. */
export function withoutRenegotiationInfo(records: Buffer): Buffer {
  if (records[0] !== handshake || records[recordHead] !== serverHello) return records;
  // Version, random, session id, cipher, compression.
  const random = recordHead + messageHead + 2;
  const session = random + 32;
  const lengths = session + 1 + records.readUInt8(session) + 3;
  const end = lengths + 2 + records.readUInt16BE(lengths);
  for (let at = lengths + 2; at < end;) {
    const size = 4 + records.readUInt16BE(at + 2);
    if (records.readUInt16BE(at) === renegotiationInfo) {
      const kept = Buffer.concat([records.subarray(0, at), records.subarray(at + size)]);
      kept.writeUInt16BE(records.readUInt16BE(3) - size, 3);
      kept.writeUIntBE(records.readUIntBE(recordHead + 1, 3) - size, recordHead + 1, 3);
      kept.writeUInt16BE(records.readUInt16BE(lengths) - size, lengths);
      return kept;
    }
    at += size;
  }
  throw new Error("the server said nothing of renegotiation");
}
