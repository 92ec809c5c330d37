import { setTimeout as pause } from "node:timers/promises";
import { once } from "node:events";
import { exchange } from "./exchange.js";
import { diedIdle } from "./faults.js";
import { Silence } from "./silence.js";
import type { Found, Probing } from "./types.js";

/** Leaves a connection alone for a while, without probes of TCP, and asks then: whether it is closed meanwhile, or dies without a word. */
export async function idle({ url, open, monotonic, idle: ms, patience, signal }: Probing): Promise<Found> {
  const connection = await open({ keepAlive: false });
  const { socket } = connection;
  const start = monotonic();
  const ended = new AbortController();
  socket.once("end", () => ended.abort());
  socket.once("close", () => ended.abort());
  // Read on, so that the other side's end is seen; nothing is due to come.
  socket.on("data", () => undefined);
  try {
    const both = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
    await pause(ms, undefined, { signal: both }).catch(() => signal?.throwIfAborted());
    if (ended.signal.aborted)
      return found(`closed after ${seconds(monotonic() - start)} of silence, by a proxy's time-out or the server's`);
    await exchange(connection, url, { headers: { connection: "close" }, patience });
    return found(`alive after ${seconds(ms)} of silence`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Silence) return { ...found("dead, without a word"), warning: diedIdle(url, ms) };
    return found(`closed within ${seconds(ms)} of silence, by a proxy's time-out or the server's`);
  } finally {
    socket.destroy();
    if (!socket.closed) await once(socket, "close").catch(() => undefined);
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
const found = (detail: string): Found => ({ stage: "http", detail: `idle connection: ${detail}` });
