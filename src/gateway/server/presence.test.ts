import { Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { probe, probeSoon } from "./presence.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function probed(): { readonly socket: Socket; readonly calls: unknown[][] } {
  const socket = new Socket();
  const calls: unknown[][] = [];
  socket.setKeepAlive = (...given) => {
    calls.push(given);
    return socket;
  };
  return { socket, calls };
}

test("the kernel asks after connections that live on, and costs those nothing that do not", () => {
  const [lasting, brief] = [probed(), probed()];
  for (const { socket } of [lasting, brief]) probe(socket);
  brief.socket.emit("close");
  expect(lasting.calls).toEqual([]);
  vi.advanceTimersByTime(4000);
  expect(lasting.calls).toEqual([[true, 30_000]]);
  expect(brief.calls).toEqual([]);
  lasting.socket.emit("close");
  expect(vi.getTimerCount()).toBe(0);
});

test("a sooner question is not taken back", () => {
  const { socket, calls } = probed();
  probe(socket);
  probeSoon(socket, 5000);
  vi.advanceTimersByTime(4000);
  expect(calls).toEqual([[true, 5000]]);
  socket.emit("close");
});
