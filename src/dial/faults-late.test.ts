import { once } from "node:events";
import { expect, it } from "vitest";
import { dial } from "./dial.js";
import { scripted, testContext } from "./testing/context.js";
import { connectionFault } from "./watch.js";

/** An open connection that ends with this error, as it is told to whoever listens. */
async function endedWith(error: Error): Promise<unknown> {
  await using server = await scripted(() => undefined);
  const { socket } = await dial(testContext(), { protocol: "tcp:", host: "127.0.0.1", port: server.port });
  const told = once(socket.destroy(error), "error");
  await Promise.allSettled([told]);
  return connectionFault(socket);
}

const named = (code: string, more = {}): Error => Object.assign(new Error(code), { code, ...more });

it.each(["ETIMEDOUT", "EHOSTUNREACH", "ENETDOWN"])(
  "a connection of which the kernel says %s has died without a word",
  async (code) => {
    expect(await endedWith(named(code, { syscall: "read" }))).toMatchObject({
      code: "STREAM_STALLED",
      hop: "target",
      message: expect.stringMatching(`no longer answers: the connection died without a word \\(${code}\\)$`),
    });
  },
);

it("a timeout of the caller's own stays the caller's, whatever its name", async () => {
  expect(await endedWith(named("ETIMEDOUT"))).toBeUndefined();
});
