import diagnosticsChannel from "node:diagnostics_channel";
import type { Stage } from "../base/codes.js";
import { findConnectError, type Hop } from "../base/errors.js";
import type { System } from "../base/system.js";
import type { StageEvent } from "./types.js";

/** Each stage of each dial is published here as a {@link StageEvent}. */
export const stageChannel = diagnosticsChannel.channel("sallyport:dial:stage");

/** What a stage hands back: its result, and a line about it for people. */
export interface Done<T> {
  readonly value: T;
  readonly detail: string;
}

/** Times the stages of one dial, in order, and tells whoever listens. */
export class StageRecorder {
  readonly events: StageEvent[] = [];
  readonly #system: System;
  readonly #onStage: ((event: StageEvent) => void) | undefined;
  readonly #quiet: boolean;

  /** @param quiet nobody but `onStage` is told */
  constructor(system: System, onStage?: (event: StageEvent) => void, quiet = false) {
    this.#system = system;
    this.#onStage = onStage;
    this.#quiet = quiet;
  }

  async run<T>(stage: Stage, hop: Hop, peer: string, work: () => Promise<Done<T>>): Promise<T> {
    const start = this.#system.monotonic();
    try {
      const { value, detail } = await work();
      this.#add({ stage, hop, peer, ok: true, ms: this.#system.monotonic() - start, detail });
      return value;
    } catch (cause) {
      throw this.#failed(stage, hop, peer, start, cause);
    }
  }

  /** The same for a stage that waits for nothing. */
  runNow<T>(stage: Stage, hop: Hop, peer: string, work: () => Done<T>): T {
    const start = this.#system.monotonic();
    try {
      const { value, detail } = work();
      this.#add({ stage, hop, peer, ok: true, ms: this.#system.monotonic() - start, detail });
      return value;
    } catch (cause) {
      throw this.#failed(stage, hop, peer, start, cause);
    }
  }

  #failed(stage: Stage, hop: Hop, peer: string, start: number, cause: unknown): unknown {
    const error = findConnectError(cause);
    const event = { hop, peer, ok: false, ms: this.#system.monotonic() - start, detail: error?.message ?? "aborted" };
    // A fault knows its stage better than the step in which it surfaced: a 407 is proxy-auth, not tunnel.
    this.#add(error === undefined ? { ...event, stage } : { ...event, stage: error.stage, error });
    return cause;
  }

  #add(event: StageEvent): void {
    this.events.push(event);
    this.#onStage?.(event);
    if (!this.#quiet && stageChannel.hasSubscribers) stageChannel.publish(event);
  }
}
