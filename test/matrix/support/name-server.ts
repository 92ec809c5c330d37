import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** The resolver of one cell: answers what it is told to, and writes down every question. */
export class NameServer implements AsyncDisposable {
  /** Names, in the order in which they were asked for; one that was asked for as A and as AAAA stands here once. */
  readonly questions = new Set<string>();
  readonly #socket: Socket;
  readonly #names: ReadonlyMap<string, string>;

  private constructor(socket: Socket, names: ReadonlyMap<string, string>) {
    this.#socket = socket;
    this.#names = names;
    socket.on("message", (message, from) => socket.send(this.#answer(message), from.port, from.address));
  }

  /** `names` maps a name to its IPv4 address. Of all others it is said that they do not exist. */
  static async listen(address: string, names: ReadonlyMap<string, string>): Promise<NameServer> {
    const socket = createSocket("udp4");
    const server = new NameServer(socket, names);
    socket.bind(53, address);
    await once(socket, "listening");
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  /** RFC 1035 section 4.1, for the one question that resolvers ask at a time. */
  #answer(message: Buffer): Buffer {
    const { name, end } = questionOf(message);
    this.questions.add(name);
    const address = this.#names.get(name);
    const isA = message.readUInt16BE(end - 4) === 1;
    const records = address !== undefined && isA ? [addressRecord(address)] : [];
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    // An answer, recursion as it was wished for and on offer; 3 is NXDOMAIN.
    head.writeUInt16BE(0x8180 | (address === undefined ? 3 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    return Buffer.concat([head, message.subarray(12, end), ...records]);
  }
}

function questionOf(message: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at]; length !== undefined && length > 0; length = message[at]) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  // The root's label, the type and the class.
  return { name: labels.join(".").toLowerCase(), end: at + 5 };
}

function addressRecord(address: string): Buffer {
  // A pointer to the name in the question; type A, class IN, to be kept for no time; four bytes.
  const head = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
  return Buffer.concat([head, Buffer.from(address.split(".").map(Number))]);
}
