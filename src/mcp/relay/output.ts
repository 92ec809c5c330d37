import { isNotification, isResponse, type Message } from "./json-rpc.js";

/** Characters that wait for the client; beyond, no more is read from the server until it has taken some. */
const highWater = 1_000_000;

/**
 * How long an answer stays behind the progress before it, in milliseconds. Clients hand progress on a moment later than they read it,
 * and forget whose it is when they read the answer: whoever finds both in one chunk loses the last progress.
 */
const behindProgress = 2;

/** What goes to the client: whole lines, in order, in as few writes as there are turns of the event loop. */
export class Output {
  readonly #write: (chunk: string) => Promise<void>;
  readonly #closed: (error: unknown) => void;
  readonly #full = new Set<() => void>();
  readonly #idle = new Set<() => void>();
  #waiting: string[] = [];
  #scheduled = false;
  #size = 0;
  #over = false;
  /** How many notifications of progress went out within the last moment, and how many answers wait for it to pass. */
  #recent = 0;
  #delayed = 0;

  /** @param closed is called once, when nobody reads any more */
  constructor(write: (chunk: string) => Promise<void>, closed: (error: unknown) => void) {
    this.#write = write;
    this.#closed = closed;
  }

  /** `text` is the message as it came, where it is to be passed on as it is. It must hold no line break. */
  send(message: Message, text = JSON.stringify(message)): void {
    if (this.#recent > 0 && isResponse(message)) {
      this.#delayed++;
      setTimeout(() => {
        this.#delayed--;
        this.#add(text);
        this.#settle();
      }, behindProgress);
      return;
    }
    this.#add(text);
    if (!isNotification(message) || message.method !== "notifications/progress") return;
    this.#recent++;
    setTimeout(() => this.#recent--, behindProgress);
  }

  get isFull(): boolean {
    return this.#size > highWater;
  }

  /** Calls back once, when there is room again. */
  whenRoom(resume: () => void): void {
    this.#full.add(resume);
  }

  /** Resolves when all has been taken. */
  async drained(): Promise<void> {
    if (this.#over || (this.#size === 0 && this.#delayed === 0)) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #add(line: string): void {
    if (this.#over) return;
    this.#waiting.push(line);
    this.#size += line.length + 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length === 0 || this.#over) return;
    const text = `${lines.join("\n")}\n`;
    this.#write(text).then(
      () => {
        this.#size -= text.length;
        this.#settle();
      },
      (error: unknown) => this.#end(error),
    );
  }

  #settle(): void {
    if (!this.isFull) empty(this.#full);
    if (this.#size === 0 && this.#delayed === 0) empty(this.#idle);
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#size = 0;
    empty(this.#full);
    empty(this.#idle);
    this.#closed(error);
  }
}

function empty(listeners: Set<() => void>): void {
  const all = [...listeners];
  listeners.clear();
  for (const listener of all) listener();
}
