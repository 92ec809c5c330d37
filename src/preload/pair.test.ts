import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { pair } from "./pair.js";

test("what was written before the end arrives, however late it is read", async () => {
  const [near, far] = pair();
  // As node:http ends a connection.
  far.end("all of it");
  far.once("finish", () => far.destroy());
  await new Promise((resolve) => setImmediate(resolve));
  expect(await text(near)).toBe("all of it");
});

test("an end that is destroyed closes the other, and waits for nobody", async () => {
  const [near, far] = pair();
  far.end("unread");
  near.destroy();
  await once(far, "close");
  expect(far.destroyed).toBe(true);
});
