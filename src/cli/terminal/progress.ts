import diagnosticsChannel from "node:diagnostics_channel";
import { renderStage } from "../../doctor/index.js";
import type { StageEvent } from "../../dial/types.js";
import type { Terminal } from "./terminal.js";

/** Hears of each stage of each dial, remembers it, and with `verbose` says it on stderr. */
export class Progress {
  readonly stages: StageEvent[] = [];
  readonly #terminal: Terminal;
  readonly #verbose: boolean;

  constructor(terminal: Terminal, verbose: boolean) {
    this.#terminal = terminal;
    this.#verbose = verbose;
  }

  watch(): Disposable {
    const listener = (message: unknown): void => {
      // The channel's only publisher is the dialer.
      const event = message as StageEvent;
      this.stages.push(event);
      // A reader of stderr that has gone away is no reason to end the request.
      if (this.#verbose) this.#terminal.note(renderStage(event, this.#terminal.err)).catch(() => undefined);
    };
    diagnosticsChannel.subscribe("sallyport:dial:stage", listener);
    return { [Symbol.dispose]: () => void diagnosticsChannel.unsubscribe("sallyport:dial:stage", listener) };
  }
}
