import type { ContextOptions } from "../../../../src/clients/index.js";
import { closedPort } from "../../../support/closed-port.js";
import { withVariables, type Place, type Scene, type Setting } from "./scene.js";
import { answerRequest, goAway, headersOnNoStream } from "./http2-frames.js";
import { bad, handedOn, mended, onPort, renewed } from "./scene-of-server.js";

const head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const renewedPlain = async (_remedy: string, { variables }: Setting, set: Place): Promise<Setting> => ({
  url: (await set.origin({ tls: false })).directUrl,
  variables,
});

/** A name of the inside, which this resolver takes somewhere else. */
const resolved = async (address: string | NodeJS.ErrnoException): Promise<Partial<ContextOptions>> => ({
  lookup: (_name, _options, callback) => {
    if (typeof address === "string") callback(null, [{ address, family: 4 }]);
    else callback(address, "");
  },
});

const page = (title: string, status: string, more = ""): string => {
  const body = `<html><head><title>${title}</title></head><body><h1>${title}</h1>Company policy. Category: games.</body></html>`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\n${more}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
};

/** One whose HTTP/1.1 is well. */
const brokenHttp2 = (how: string, frames: readonly Buffer[]): Scene => ({
  ...bad("HTTP_INVALID", how, {}),
  severity: "warning",
  otherwise: { fetch: "HTTP_INVALID", mcp: "HTTP_INVALID", agent: "-", gateway: "-" },
  mend: renewed,
  make: async (set) => {
    const port = await set.tlsPort({}, head, (socket) => answerRequest(socket, frames));
    return { ...onPort(port, set), probes: ["http2"] };
  },
});

/** What the way to a server can give, and what a server answers. */
export const targetScenes: readonly Scene[] = [
  bad(
    "DNS_NOT_FOUND",
    "a name that only a proxy knows",
    {},
    {
      make: async (set) => ({ url: (await set.origin()).url, variables: set.trusting }),
      mend: async (_remedy, setting, set) => withVariables(setting, { HTTPS_PROXY: (await set.proxy()).url }),
    },
  ),
  bad(
    "DNS_FAILED",
    "a resolver that gives no answer (EAI_AGAIN)",
    {},
    {
      mend: renewed,
      make: async (set) => {
        const failure = Object.assign(new Error("getaddrinfo EAI_AGAIN"), { code: "EAI_AGAIN" });
        return { ...(await set.direct()), url: "https://app.inside.test/", options: await resolved(failure) };
      },
    },
  ),
  bad(
    "TCP_REFUSED",
    "a port on which nobody listens",
    {},
    {
      mend: renewed,
      make: async (set) => onPort(await closedPort(), set),
    },
  ),
  bad(
    "TCP_TIMEOUT",
    "a port whose queue of connections is full",
    {},
    {
      mend: renewed,
      make: async (set) => ({ ...onPort(await set.fullPort(), set), options: { timeouts: { tcp: 300 } } }),
    },
  ),
  bad(
    "TCP_UNREACHABLE",
    "an address that TCP cannot reach",
    {},
    {
      // Of a group: the system refuses it, and nothing is sent.
      mend: renewed,
      make: async (set) => ({
        url: "https://group.inside.test/",
        variables: set.trusting,
        options: await resolved("224.0.0.1"),
      }),
    },
  ),
  bad(
    "TCP_RESET",
    "an http server that resets at the request",
    {},
    {
      stage: "http",
      mend: renewedPlain,
      make: async (set) => {
        const port = await set.port((socket) => void socket.once("data", () => socket.resetAndDestroy()));
        return { url: `http://localhost:${port}/`, variables: {} };
      },
    },
  ),
  bad(
    "HTTP_STATUS",
    "a server that answers 503",
    {},
    {
      otherwise: handedOn,
      mend: renewed,
      make: async (set) =>
        onPort(await set.tlsPort({}, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), set),
    },
  ),
  bad(
    "HTTP_BLOCK_PAGE",
    "a filter's page with 403, under an inspector's certificate",
    {},
    {
      hop: "proxy",
      otherwise: handedOn,
      unmended: "it is a policy of the company",
      make: async (set) => {
        const { chain, key } = await set.lab.authorities.inspector.issue({
          commonName: "localhost",
          hosts: ["localhost"],
          usage: "server",
        });
        const port = await set.tlsPort({ cert: chain, key }, page("Web Page Blocked", "403 Forbidden"));
        return { url: `https://localhost:${port}/`, variables: { NODE_EXTRA_CA_CERTS: set.lab.files.bundle } };
      },
    },
  ),
  bad(
    "CAPTIVE_PORTAL",
    "an answer 511 in place of a plain http server's",
    {},
    {
      hop: "proxy",
      otherwise: handedOn,
      mend: renewedPlain,
      make: async (set) => {
        const answer = page("Log in", "511 Network Authentication Required");
        const port = await set.port((socket) => void socket.once("data", () => socket.end(answer)));
        return { url: `http://localhost:${port}/`, variables: {} };
      },
    },
  ),
  bad(
    "HTTP_TIMEOUT",
    "a server that never answers",
    { fault: "never-answers" },
    {
      make: async (set) => ({
        ...(await set.direct({ fault: "never-answers" })),
        options: { timeouts: { firstByte: 400 } },
      }),
      mend: mended,
    },
  ),
  bad("HTTP_CLOSED", "a server that closes before its answer", { fault: "close-before-answer" }, { mend: mended }),
  bad("HTTP_INVALID", "a server that speaks something else within TLS", { fault: "not-http" }, { mend: mended }),
  brokenHttp2("a server that sends a frame which HTTP/2 does not allow", [headersOnNoStream]),
  brokenHttp2("a server that ends HTTP/2 with PROTOCOL_ERROR", [goAway(1)]),
];
