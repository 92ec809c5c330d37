import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Output } from "./output.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const progress = (progressToken: number | string): Parameters<Output["send"]>[0] => ({
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progressToken, progress: 1 },
});
const answer = (id: number): Parameters<Output["send"]>[0] => ({ jsonrpc: "2.0", id, result: {} });

interface Written {
  readonly output: Output;
  readonly ids: () => readonly unknown[];
  /** The same at the end of so many milliseconds more. */
  readonly idsAfter: (ms: number) => Promise<readonly unknown[]>;
}

function written(): Written {
  const lines: string[] = [];
  const output = new Output(
    async (chunk) => void lines.push(...chunk.trimEnd().split("\n")),
    () => undefined,
  );
  const ids = () => lines.flatMap((line) => (JSON.parse(line) as { readonly id?: unknown }).id ?? []);
  const idsAfter = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return ids();
  };
  return { output, ids, idsAfter };
}

test("a client that is busy for a while finds progress before the answer, and not both in one piece", async () => {
  const { output, idsAfter } = written();
  output.send(progress(7));
  await vi.advanceTimersByTimeAsync(30);
  output.send(answer(7));
  expect(await idsAfter(19)).toEqual([]);
  expect(await idsAfter(1)).toEqual([7]);
});

test("the progress of one request holds no other one up for long", async () => {
  const { output, idsAfter } = written();
  output.send(answer(6));
  output.send(progress(7));
  output.send(answer(8));
  expect(await idsAfter(2)).toEqual([6, 8]);
  output.send(answer(9));
  expect(await idsAfter(0)).toEqual([6, 8, 9]);
});

test("an answer is not held up for ever by progress that does not stop", async () => {
  const { output, ids } = written();
  output.send(progress(7));
  output.send(answer(8));
  for (let step = 0; step < 3; step++) {
    output.send(progress(7));
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(ids()).toEqual([8]);
});

test("what is held back is not lost at the end", async () => {
  const { output, ids } = written();
  output.send(progress(7));
  output.send(answer(7));
  const drained = output.drained();
  await vi.advanceTimersByTimeAsync(50);
  await drained;
  expect(ids()).toEqual([7]);
});
