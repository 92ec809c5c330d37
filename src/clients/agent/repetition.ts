import { createRequire } from "node:module";
import type { ConnectOptions, NodeRequest } from "./node-agent.js";
import type { Repetition } from "./second-attempt.js";
import type { SentBody } from "./sent-body.js";

/** Marks the options of requests that stand for one whose login was refused. */
export const repeated = Symbol("repeated");

const require = createRequire(import.meta.url);

/** How a request that is just being made may be made again, by the same agent. */
export function repetitionOf(request: NodeRequest, options: ConnectOptions, body: SentBody): Repetition {
  const { path, method } = request;
  const { signal: _signal, ...rest } = options as ConnectOptions & { readonly signal?: AbortSignal };
  return {
    // Trailers may be announced, or follow from the body: there is no telling whether they would be right again.
    body: async () => {
      const content = await body.whole();
      return request._trailer === "" ? content : undefined;
    },
    make: () => {
      // Not `http.request`, which programs replace to see what they ask for: this is no further request of theirs.
      const { ClientRequest } = require("node:http") as typeof import("node:http");
      const headers = headersOf(request._header ?? "");
      const asked: ConnectOptions = { ...rest, agent: request.agent, method, path, headers, [repeated]: true };
      const made = new ClientRequest(asked);
      made.maxHeadersCount = request.maxHeadersCount;
      return made;
    },
  };
}

/** The header fields of a written head, as a list: they go out as they stand. */
function headersOf(head: string): string[] {
  return head
    .split("\r\n")
    .slice(1)
    .filter((line) => line !== "")
    .flatMap((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
}
