import { once } from "node:events";
import https from "node:https";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { bodyOf, serve } from "../testing/server.js";
import { makeAgent } from "./agent.js";

async function post(
  http1: (request: IncomingMessage, response: ServerResponse) => void,
  write: (request: ClientRequest) => void,
  firstByte = 150,
): Promise<unknown> {
  await using server = await serve({ http1, context: { timeouts: { firstByte } } });
  const agent = makeAgent(server.context, "https:");
  const request = https.request(server.url, { agent, method: "POST" });
  write(request);
  const outcome = await Promise.race([
    once(request, "response").then(([response]) => bodyOf(response as IncomingMessage)),
    once(request, "error").then(([error]) => error as unknown),
  ]).catch((error: unknown) => error);
  agent.destroy();
  return outcome;
}

test("an upload that the server never reads ends with the time for its answer", async () => {
  const outcome = await post(
    (request) => request.pause(),
    (request) => request.end(Buffer.alloc(40 << 20)),
  );
  expect(outcome).toMatchObject({ code: "HTTP_TIMEOUT" });
});

test("an upload that the server reads slowly, and that takes longer than an answer may, is no timeout", async () => {
  const outcome = await post(
    (request, response) => {
      let unread = 0;
      request.on("data", (chunk: Buffer) => {
        unread += chunk.length;
        if (unread < 4 << 20) return;
        unread = 0;
        request.pause();
        setTimeout(() => request.resume(), 120);
      });
      request.on("end", () => response.end("all of it"));
    },
    (request) => request.end(Buffer.alloc(40 << 20)),
    // Each pause is far below it, and all of them together are above.
    1000,
  );
  expect(outcome).toBe("all of it");
});

test("a caller that takes its time to hand over the body is no timeout", async () => {
  const outcome = await post(
    (request, response) => void bodyOf(request).then((body) => response.end(body)),
    (request) => {
      request.write("begun, ");
      setTimeout(() => request.end("ended"), 500);
    },
  );
  expect(outcome).toBe("begun, ended");
});

test("where a server hangs up on a connection that it has answered on, that is told before what was not written", async () => {
  let answered = false;
  await using server = await serve({
    http1: (request, response) => {
      if (answered) request.pause().socket.end();
      else response.end();
      answered = true;
    },
  });
  const agent = makeAgent(server.context, "https:");
  await bodyOf((await once(https.get(server.url, { agent }), "response"))[0] as IncomingMessage);
  const request = https.request(server.url, { agent, method: "POST" });
  const told: unknown[] = [];
  request.on("error", ({ code }: NodeJS.ErrnoException) => told.push(code));
  const written = new Promise<void>((resolve) => {
    request.write(Buffer.alloc(40 << 20), () => {
      told.push("written or not");
      resolve();
    });
  });
  await written;
  agent.destroy();
  expect(request.reusedSocket).toBe(true);
  expect(told).toEqual(["HTTP_CLOSED", "written or not"]);
});
