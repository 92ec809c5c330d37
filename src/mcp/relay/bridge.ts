import { isConnectError, type ConnectError } from "../../base/errors.js";
import type { BridgeOptions } from "../types.js";
import { Endpoint } from "./endpoint.js";
import { invalidLine, lineTooLong } from "./faults.js";
import { errorCode, failureAnswer, faultAnswer, isMessage, isRequest, type Message } from "./json-rpc.js";
import { Lanes } from "./lanes.js";
import { linesOf, tooLong } from "./lines.js";
import { Output } from "./output.js";
import { ToolChoice } from "./tool-choice.js";

/** How long what is under way may take to finish once the client has gone, in milliseconds. */
const patience = 10_000;

/**
 * Relays between a client on stdio and an HTTP server, until the client closes its output or the signal aborts. Whatever fails on the way is
 * a JSON-RPC error for the client and a `fault` event.
 * @throws {ConnectError} where the headers' values cannot be had
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  await new Bridge(options).run();
}

class Bridge {
  readonly #options: BridgeOptions;
  readonly #endpoint: Endpoint;
  readonly #output: Output;
  readonly #lanes: Lanes;
  readonly #gone = new AbortController();
  readonly #tools: ToolChoice;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#endpoint = new Endpoint(options);
    this.#tools = new ToolChoice(options.tools);
    this.#output = new Output(
      (chunk) => options.output.write(chunk),
      (error) => this.#gone.abort(error),
    );
    this.#lanes = new Lanes(options, this.#endpoint, {
      sink: (message, text) => this.#send(message, text),
      tell: (event) => options.onEvent?.(event),
      fault: (fault) => this.#fault(fault),
      pressure: this.#output,
    });
  }

  async run(): Promise<void> {
    const { signal, input } = this.#options;
    await this.#endpoint.open();
    const ended = signal === undefined ? this.#gone.signal : AbortSignal.any([signal, this.#gone.signal]);
    const stop = aborted(ended);
    try {
      // One race for all lines: each would leave something behind at a promise that outlives it.
      await Promise.race([this.#read(input, ended), stop.promise]);
      if (!ended.aborted) await this.#lanes.settled(patience, ended);
      if (!ended.aborted) await Promise.race([this.#output.drained(), stop.promise]);
    } finally {
      stop[Symbol.dispose]();
      await this.#lanes.close();
      await this.#endpoint.close();
    }
  }

  async #read(input: AsyncIterable<Uint8Array>, ended: AbortSignal): Promise<void> {
    for await (const line of linesOf(input)) {
      if (ended.aborted) return;
      if (line === tooLong) this.#refuse(lineTooLong(), errorCode.invalidRequest);
      else this.#receive(line);
      await this.#endpoint.unsent.whenRoom();
    }
  }

  /** A line that nobody can be answered for by name. */
  #refuse(fault: ConnectError, code: number): void {
    this.#fault(fault);
    this.#send(faultAnswer(null, fault, code));
  }

  #receive(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#refuse(invalidLine(), errorCode.parse);
      return;
    }
    // Protocol 2025-03-26 has batches. Each message is answered by itself, which it allows.
    if (Array.isArray(value) && value.length > 0) for (const one of value) this.#take(one, undefined);
    else this.#take(value, line);
  }

  #take(value: unknown, line: string | undefined): void {
    if (!isMessage(value)) {
      this.#refuse(invalidLine(), errorCode.invalidRequest);
      return;
    }
    this.#options.onEvent?.({ kind: "message", direction: "to-server", message: value });
    const refusal = this.#tools.refuse(value);
    if (refusal !== undefined) {
      if (isRequest(value)) this.#send(faultAnswer(value.id, refusal));
      return;
    }
    try {
      this.#lanes.receive(value, line ?? JSON.stringify(value));
    } catch (error) {
      if (isConnectError(error)) this.#fault(error);
      if (isRequest(value)) this.#send(failureAnswer(value.id, error));
    }
  }

  #send(message: Message, text?: string): void {
    const filtered = this.#tools.filter(message);
    this.#options.onEvent?.({ kind: "message", direction: "to-client", message: filtered ?? message });
    if (filtered === undefined) this.#output.send(message, text);
    else this.#output.send(filtered);
  }

  #fault(fault: ConnectError): void {
    this.#options.onEvent?.({ kind: "fault", fault });
  }
}

/** What is left of a wait that an abort ends. */
function aborted(signal: AbortSignal): Disposable & { readonly promise: Promise<undefined> } {
  let stop: () => void = () => undefined;
  const promise = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return { promise, [Symbol.dispose]: () => signal.removeEventListener("abort", stop) };
}

/** Answers every request of a client with a fault, where there is no way to the server at all, until the client has gone. */
export async function refuseClient(
  fault: ConnectError,
  { input, output, signal }: Pick<BridgeOptions, "input" | "output" | "signal">,
): Promise<void> {
  const stop = aborted(signal ?? new AbortController().signal);
  const read = async (): Promise<void> => {
    for await (const line of linesOf(input)) {
      if (line === tooLong) continue;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        continue;
      }
      if (isMessage(value) && isRequest(value)) await output.write(`${JSON.stringify(faultAnswer(value.id, fault))}\n`);
    }
  };
  await Promise.race([read(), stop.promise]);
  stop[Symbol.dispose]();
}
