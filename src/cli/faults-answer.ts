import { inParentheses } from "../base/error-code.js";
import { configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";
import { causeCode, type FailedRequest } from "./commands/failed-request.js";

/** zlib's codes, and those of brotli and zstd as Node spells them. */
const decompression = /^(Z_|ERR__ERROR|ERR_BROTLI|ERR_ZSTD|ZSTD_)/;

/**
 * What fetch itself found wrong with an answer that came, or with the request. It says so with words alone, which are those of
 * undici 6 and 7, the fetch of Node 20 to 26. Undefined for anything that is not such an error: a defect.
 */
export function unusableAnswer(error: unknown, request: FailedRequest): ConnectError | undefined {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return undefined;
  const { cause } = error;
  const code = causeCode(error);
  if (cause.message === "bad port" && request.stages.length === 0) return refusedPort(error, request);
  if (decompression.test(code)) return notCompressed(error, code, request);
  const redirect = redirectProblem(cause, code, request);
  if (redirect !== undefined) return badRedirect(error, redirect, request);
  // The only answer that fetch turns into an error without a word (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).
  if (cause.message === "" && code === "") return loginInside(error, request);
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") return refusedRequest(error, code);
  return isFetchFailure(error, cause) ? unexplained(error, code, request) : undefined;
}

function refusedPort(cause: Error, { url }: FailedRequest): ConnectError {
  return configInvalid(
    `port ${url.port} is refused by fetch, since it belongs to another protocol`,
    "use another port (https://fetch.spec.whatwg.org/#port-blocking lists them)",
    cause,
  );
}

function notCompressed(cause: Error, code: string, request: FailedRequest): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `the body that ${whoAnswered(request)} sent is not compressed as it says (${code})`,
    remedy:
      "add -H 'accept-encoding: identity'; if that helps, tell whoever runs the server, or a proxy that changes its answers",
    cause,
  });
}

/** How the sentence "HOST redirects …" goes on. The address stays out: it may hold a login or a token. */
function redirectProblem(cause: Error, code: string, { follows }: FailedRequest): string | undefined {
  if (!follows) return undefined;
  if (cause.message === "redirect count exceeded") return "leads to more than 20 redirects";
  if (cause.message === "URL scheme must be a HTTP(S) scheme")
    return "redirects to a URL that is neither http nor https";
  if (cause.message.startsWith("cross origin not allowed")) return "redirects to a URL with a login in it";
  if (cause.message === "bad port") return "redirects to a port that fetch refuses";
  return code === "ERR_INVALID_URL" ? "redirects to something that is not a URL" : undefined;
}

function badRedirect(cause: Error, problem: string, { url }: FailedRequest): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `${url.host} ${problem}`,
    remedy: "see where it points with -i instead of -L, then ask for the right URL, or tell whoever runs the server",
    cause,
  });
}

/** A proxy's own 407 was heard by the dialer, which knows what to say of it. This one came from beyond. */
function loginInside(cause: Error, request: FailedRequest): ConnectError {
  return new ConnectError("PROXY_AUTH_REQUIRED", {
    hop: "target",
    stage: "http",
    message: `${whoAnswered(request)} answers 407 (proxy login required), which no server should send: either that server or an inspecting proxy in front of it asks for a login`,
    remedy:
      "check that the URL is not a proxy's own; if it is right, ask the network's administrators which device on the path requires a login",
    cause,
  });
}

function refusedRequest(cause: Error, code: string): ConnectError {
  return configInvalid(
    `fetch cannot send this request (${code})`,
    "check its headers: fetch sets those that manage the connection itself",
    cause,
  );
}

/** An error within fetch that programming errors explain is a defect, not the network's. */
function isFetchFailure(error: TypeError, cause: Error): boolean {
  return (
    (error.message === "fetch failed" || error.message === "terminated") &&
    !(cause instanceof TypeError || cause instanceof ReferenceError || cause instanceof RangeError)
  );
}

function unexplained(cause: Error, code: string, request: FailedRequest): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `the answer of ${whoAnswered(request)} cannot be used${inParentheses(code)}`,
    remedy: "try again; if it keeps happening, run sallyport doctor on this URL",
    cause,
  });
}

function whoAnswered({ url, follows }: FailedRequest): string {
  return follows ? `${url.host}, or a server that it redirects to,` : url.host;
}
