import { expect, test } from "vitest";
import { Agent } from "undici";
import { share } from "./nodes-dispatcher.js";

/** Says what it was asked for, and is closed when it is told to be. */
function makeOurs() {
  const asked: string[] = [];
  let finish = (): void => undefined;
  const closed = new Promise<void>((resolve) => (finish = resolve));
  const ours = {
    dispatch: ({ path }: { path: string }) => asked.push(`dispatch ${path}`) > 0,
    close: () => {
      asked.push("close");
      return closed;
    },
    destroy: async (error: Error | null) => void asked.push(`destroy ${error?.message}`),
  };
  return { ours, asked, finish };
}

const handler = { onRequestStart: () => undefined, onResponseError: () => undefined };
const request = (origin: string) => ({ origin, path: "/there", method: "GET" }) as const;

test("what Node's dispatcher is not to send goes by ours", () => {
  const nodes = new Agent();
  const { ours, asked } = makeOurs();
  share(nodes, ours, (origin) => origin === "http://127.0.0.1:1");
  nodes.dispatch(request("http://elsewhere.test"), handler);
  expect(asked).toEqual(["dispatch /there"]);
});

test("closed are both, once what ours has begun is over", async () => {
  const nodes = new Agent();
  const { ours, asked, finish } = makeOurs();
  share(nodes, ours, () => true);
  let isOver = false;
  const over = nodes.close().then(() => (isOver = true));
  // undici ends by itself what it has closed; ours is not to be ended so.
  await new Promise((resolve) => setImmediate(resolve));
  expect([nodes.destroyed, isOver, asked]).toEqual([true, false, ["close"]]);
  finish();
  await over;
});

test("destroyed are both, with the program's own error, and a callback is called", async () => {
  const nodes = new Agent();
  const { ours, asked } = makeOurs();
  share(nodes, ours, () => true);
  await new Promise<void>((resolve) => nodes.destroy(new Error("enough"), resolve));
  expect([nodes.destroyed, asked]).toEqual([true, ["destroy enough"]]);
});
