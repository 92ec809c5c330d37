import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** What is known of a name: its IPv4 address, that there is no such name, or that the resolver itself fails. */
export type Known = { readonly address: string } | "no such name" | "failure";

/** RFC 1035 section 4.1.1. */
const codes = { "no such name": 3, failure: 2 } as const;

/** The resolver of one cell: answers what it is told to, and writes down every question. */
export class NameServer implements AsyncDisposable {
  /** Names, in the order in which they were asked for; one that was asked for as A and as AAAA stands here once. */
  readonly questions = new Set<string>();
  readonly #socket: Socket;
  readonly #known: (name: string) => Known | Promise<Known>;

  private constructor(socket: Socket, known: (name: string) => Known | Promise<Known>) {
    this.#socket = socket;
    this.#known = known;
    socket.on("message", (message, from) => {
      void this.#answer(message).then((answer) => socket.send(answer, from.port, from.address));
    });
  }

  /** `names` maps a name to its IPv4 address (of all others it is said that they do not exist), or tells what is known of it. */
  static async listen(
    address: string,
    names: ReadonlyMap<string, string> | ((name: string) => Promise<Known>),
  ): Promise<NameServer> {
    const socket = createSocket("udp4");
    const known =
      typeof names === "function"
        ? names
        : (name: string): Known => {
            const found = names.get(name);
            return found === undefined ? "no such name" : { address: found };
          };
    const server = new NameServer(socket, known);
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
  async #answer(message: Buffer): Promise<Buffer> {
    const { name, end } = questionOf(message);
    this.questions.add(name);
    const known = await this.#known(name);
    const code = typeof known === "string" ? codes[known] : 0;
    const isA = message.readUInt16BE(end - 4) === 1;
    const records = typeof known === "object" && isA ? [addressRecord(known.address)] : [];
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    // An answer, recursion as it was wished for and on offer.
    head.writeUInt16BE(0x8180 | code, 2);
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
