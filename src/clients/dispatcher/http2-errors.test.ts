import { constants } from "node:http2";
import { expect, test } from "vitest";
import { findConnectError } from "../../base/errors.js";
import { serve } from "../testing/server.js";
import { makeDispatcher } from "./dispatcher.js";

/** How the server ends the one request: with an error of RFC 9113 section 7. */
const ended = [
  ["NO_ERROR", "HTTP_CLOSED", "closed the connection before it answered"],
  ["PROTOCOL_ERROR", "HTTP_INVALID", "not valid HTTP"],
  ["INTERNAL_ERROR", "HTTP_CLOSED", "(INTERNAL_ERROR)"],
  ["FLOW_CONTROL_ERROR", "HTTP_INVALID", "(FLOW_CONTROL_ERROR)"],
  ["FRAME_SIZE_ERROR", "HTTP_INVALID", "(FRAME_SIZE_ERROR)"],
  ["CANCEL", "HTTP_CLOSED", "before it answered"],
  ["COMPRESSION_ERROR", "HTTP_INVALID", "(COMPRESSION_ERROR)"],
  ["ENHANCE_YOUR_CALM", "HTTP_CLOSED", "(ENHANCE_YOUR_CALM)"],
] as const;

test.each(ended)("RST_STREAM with %s instead of an answer is %s", async (reason, code, words) => {
  await using server = await serve({ http2: (stream) => stream.close(constants[`NGHTTP2_${reason}`]) });
  const dispatcher = makeDispatcher(server.context);
  const fault = findConnectError(await failing(dispatcher.request({ origin: server.url, path: "/", method: "GET" })));
  expect([fault?.code, fault?.message]).toEqual([code, expect.stringContaining(words)]);
  await dispatcher.close();
});

test.each([
  ["PROTOCOL_ERROR", "HTTP_INVALID"],
  ["INTERNAL_ERROR", "HTTP_CLOSED"],
  ["COMPRESSION_ERROR", "HTTP_INVALID"],
  ["ENHANCE_YOUR_CALM", "HTTP_CLOSED"],
] as const)("GOAWAY with %s instead of an answer is %s, with that reason", async (reason, code) => {
  await using server = await serve({
    http2: (_stream, _headers, session) => session.goaway(constants[`NGHTTP2_${reason}`]),
  });
  const dispatcher = makeDispatcher(server.context);
  const fault = findConnectError(await failing(dispatcher.request({ origin: server.url, path: "/", method: "GET" })));
  expect([fault?.code, fault?.message]).toEqual([code, expect.stringContaining(`(${reason})`)]);
  await dispatcher.close();
});

async function failing(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => error,
  );
}
