import { putMethod } from "../../base/own-method.js";
import type { ClientRequest } from "node:http";

/** Bytes of a request's body that are kept to be sent again. */
const most = 65_536;

/** What a caller writes into a request, kept as long as it is little: the request may have to be sent a second time. */
export class SentBody {
  #kept: Buffer[] | undefined = [];
  #size = 0;
  #ended = false;
  #decide: (() => void) | undefined;

  constructor(request: ClientRequest) {
    const { write, end } = request;
    putMethod(request, "write", ((...given: Parameters<typeof write>) => {
      this.#keep(given[0], given[1]);
      return write.apply(request, given);
    }) as typeof write);
    putMethod(request, "end", ((...given: Parameters<typeof end>) => {
      this.#keep(given[0], given[1]);
      this.#ended = true;
      this.#decide?.();
      return end.apply(request, given);
    }) as typeof end);
  }

  /** Nothing will be sent again. */
  drop(): void {
    this.#kept = undefined;
    this.#decide?.();
  }

  /** All of it, once the caller has written it; undefined as soon as it is too much. */
  async whole(): Promise<Buffer | undefined> {
    if (!this.#ended && this.#kept !== undefined) await new Promise<void>((resolve) => (this.#decide = resolve));
    return this.#kept && Buffer.concat(this.#kept);
  }

  #keep(chunk: unknown, encoding: unknown): void {
    if (this.#kept === undefined || !(typeof chunk === "string" || chunk instanceof Uint8Array)) return;
    const bytes =
      typeof chunk === "string"
        ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
        : Buffer.from(chunk);
    this.#size += bytes.length;
    if (this.#size > most) this.drop();
    else this.#kept.push(bytes);
  }
}
