import { networkInterfaces } from "node:os";
import { isLinkLocal, parseIp } from "../../base/ip.js";
import type { System } from "../../base/system.js";
import { pacAnswerInvalid, pacProblem } from "../faults-pac.js";
import { readAnswer, showWay, type PacWay } from "./answer.js";
import { SandboxError, usualLimits, type PacReply, type PacSandbox } from "./sandbox.js";
import type { PacReading, PacSource } from "./source.js";
import { clearTimeout, setTimeout } from "../../base/timers.js";

/** What a PAC file says of one origin. */
export interface PacDecision {
  readonly ways: readonly PacWay[];
  /** The same, as PAC files write it. */
  readonly said: string;
  readonly version: number;
  /** On the monotonic clock. */
  readonly until: number;
}

type Read = Pick<PacDecision, "ways" | "said">;

interface Said {
  readonly origin: string;
  readonly version: number;
  readonly text: string;
  /** It is asked for once more before long. */
  readonly isShort: boolean;
}

interface Asked {
  readonly origin: string;
  readonly host: string;
  readonly first: PacReply | Promise<PacReply>;
}

/** `names`: on which one answer may depend; the script is told of no further ones. */
const most = { decisions: 4096, texts: 64, names: 16, namesMilliseconds: 5000 } as const;
/** What depends on DNS, on the time of day or on chance is asked for once more after this long. */
const shortLived = 60_000;

/** Asks one PAC file, and remembers its answers. */
export class PacDecider {
  readonly source: PacSource;
  readonly #reading: PacReading;
  readonly #decisions = new Map<string, PacDecision>();
  readonly #texts = new Map<string, Read>();
  readonly #underWay = new Map<string, Promise<PacDecision>>();
  /** What names resolved to. */
  readonly #names = new Map<string, { readonly value: string | null; readonly until: number }>();

  constructor(source: PacSource, reading: PacReading) {
    this.source = source;
    this.#reading = reading;
  }

  /**
   * @param origin with its port: what the script is shown is no more than that, for http as for https
   * @throws {ConnectError} PAC_UNREACHABLE, PAC_INVALID, PAC_TIMEOUT
   */
  decide(origin: string, host: string): PacDecision | Promise<PacDecision> {
    const refreshed = this.source.refresh(this.#reading);
    if (refreshed !== undefined) return refreshed.then(() => this.#decideNow(origin, host));
    return this.#decideNow(origin, host);
  }

  #decideNow(origin: string, host: string): PacDecision | Promise<PacDecision> {
    const known = this.#decisions.get(origin);
    if (known?.version === this.source.version && this.#reading.system.monotonic() < known.until) return known;
    const underWay = this.#underWay.get(origin);
    if (underWay !== undefined) return underWay;
    const { version } = this.source;
    const sandbox = this.source.sandbox();
    const reply = this.#begin(sandbox, origin, host);
    if ("text" in reply) return this.#decide({ origin, version, text: reply.text, isShort: false });
    const asked = this.#answer(sandbox, { origin, host, first: reply })
      .then((answer) => this.#decide({ origin, version, ...answer }))
      .finally(() => this.#underWay.delete(origin));
    this.#underWay.set(origin, asked);
    return asked;
  }

  /** Most scripts answer at once. */
  #begin(sandbox: PacSandbox, origin: string, host: string): PacReply | Promise<PacReply> {
    try {
      return sandbox.ask(shownUrl(origin), host);
    } catch (error) {
      throw this.#faultOf(error, sandbox, origin);
    }
  }

  #decide({ origin, version, text, isShort }: Said): PacDecision {
    const { ways, said } = this.#read(text, origin);
    const lifetime = isShort || this.source.isChangeable ? shortLived : Number.POSITIVE_INFINITY;
    const decision = { ways, said, version, until: this.#reading.system.monotonic() + lifetime };
    if (this.#decisions.size >= most.decisions) this.#decisions.clear();
    this.#decisions.set(origin, decision);
    return decision;
  }

  /** A file gives the same few answers for all hosts. */
  #read(text: string, origin: string): Read {
    let read = this.#texts.get(text);
    if (read === undefined) {
      const answer = readAnswer(text);
      if ("problem" in answer) throw pacAnswerInvalid(this.source.url, answer.problem, origin);
      const { ways } = answer;
      read = { ways, said: ways.map(showWay).join("; ") };
      if (this.#texts.size >= most.texts) this.#texts.clear();
      this.#texts.set(text, read);
    }
    return read;
  }

  async #answer(sandbox: PacSandbox, { origin, host, first }: Asked): Promise<{ text: string; isShort: boolean }> {
    const { system } = this.#reading;
    const known: Record<string, string | null> = {};
    const deadline = system.monotonic() + most.namesMilliseconds;
    let reply = first;
    try {
      // It is asked from the beginning each time that one more name is known, as Chromium does: the script itself waits for nothing.
      for (;;) {
        const answer = await reply;
        if ("text" in answer) return { text: answer.text, isShort: Object.keys(known).length > 0 };
        const left = deadline - system.monotonic();
        await Promise.all(answer.needs.map(async (name) => void (known[name] = await this.#learn(name, left))));
        const isFull = Object.keys(known).length >= most.names || system.monotonic() >= deadline;
        reply = sandbox.ask(shownUrl(origin), host, known, isFull);
      }
    } catch (error) {
      throw this.#faultOf(error, sandbox, origin);
    }
  }

  #faultOf(error: unknown, sandbox: PacSandbox, origin: string): unknown {
    if (!(error instanceof SandboxError)) return error;
    const { limits = usualLimits } = this.#reading;
    const fault = pacProblem(this.source.url, error.problem, limits.milliseconds, origin);
    if (sandbox.isOver) this.source.broken(fault, this.#reading);
    return fault;
  }

  async #learn(name: string, ms: number): Promise<string | null> {
    const { system } = this.#reading;
    const known = this.#names.get(name);
    const now = system.monotonic();
    if (known !== undefined && now < known.until) return known.value;
    const value = name === "addresses" ? ownAddresses() : await resolve(name.slice("host ".length), system, ms);
    if (this.#names.size >= most.decisions) this.#names.clear();
    this.#names.set(name, { value, until: now + (value === null ? shortLived / 6 : shortLived) });
    return value;
  }
}

/** Without the port where it is the usual one, as browsers show it. */
function shownUrl(origin: string): string {
  return `${origin.replace(/^(https:.*):443$|^(http:.*):80$/, "$1$2")}/`;
}

async function resolve(host: string, system: System, ms: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<null>((done) => (timer = setTimeout(() => done(null), Math.max(ms, 0))));
  try {
    const found = system.lookup(host).then((all) => all.map(({ address }) => address).join(";") || null);
    return await Promise.race([found.catch(() => null), overdue]);
  } finally {
    clearTimeout(timer);
  }
}

/** Of this machine, those that others see: IPv4 first. */
function ownAddresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const seen = all.filter(({ internal, address }) => !internal && !isLinkLocalText(address));
  const sorted = seen.toSorted((a, b) => Number(a.family === "IPv6") - Number(b.family === "IPv6"));
  return sorted.map(({ address }) => address).join(";") || "127.0.0.1";
}

function isLinkLocalText(text: string): boolean {
  const address = parseIp(text);
  return address !== undefined && isLinkLocal(address);
}
