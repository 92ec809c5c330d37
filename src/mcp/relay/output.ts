import { isNotification, isResponse, type Message } from "./json-rpc.js";

/** Characters that wait for the client; beyond, no more is read from the server until it has taken some. */
const highWater = 1_000_000;

/**
 * How long an answer stays behind the progress before it, in milliseconds. Clients hand progress on a moment later than they read it,
 * and forget whose it is when they read the answer: whoever finds both in one chunk loses the last progress. So a client may be busy for
 * `own` with something else. Most give a request its id as the token of its progress; whose progress it is otherwise, nobody can tell.
 */
const behindProgress = { own: 50, others: 2 };

/** Stands for every token. */
const any = Symbol("any");

interface Held {
  readonly lines: string[];
  readonly timer: NodeJS.Timeout;
}

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
  /** Answers that wait behind progress which went out a moment ago, by its token or for any. */
  readonly #held = new Map<unknown, Held>();

  /** @param closed is called once, when nobody reads any more */
  constructor(write: (chunk: string) => Promise<void>, closed: (error: unknown) => void) {
    this.#write = write;
    this.#closed = closed;
  }

  /** `text` is the message as it came, where it is to be passed on as it is. It must hold no line break. */
  send(message: Message, text = JSON.stringify(message)): void {
    const held = isResponse(message) ? (this.#held.get(message.id) ?? this.#held.get(any)) : undefined;
    if (held !== undefined) {
      held.lines.push(text);
      return;
    }
    this.#add(text);
    if (!isNotification(message) || message.method !== "notifications/progress") return;
    this.#hold(message.params?.["progressToken"], behindProgress.own);
    this.#hold(any, behindProgress.others);
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
    if (this.#over || this.#isIdle) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #hold(token: unknown, ms: number): void {
    const { lines = [], timer: former } = this.#held.get(token) ?? {};
    // Whoever waits already waits no longer for what comes now.
    if (lines.length > 0) return;
    clearTimeout(former);
    const timer = setTimeout(() => {
      this.#held.delete(token);
      for (const line of lines) this.#add(line);
      this.#settle();
    }, ms);
    this.#held.set(token, { lines, timer });
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

  get #isIdle(): boolean {
    return this.#size === 0 && [...this.#held.values()].every(({ lines }) => lines.length === 0);
  }

  #settle(): void {
    if (!this.isFull) empty(this.#full);
    if (this.#isIdle) empty(this.#idle);
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
