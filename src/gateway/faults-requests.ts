import { ConnectError } from "../base/errors.js";
import type { Refusal } from "./server/answers.js";
import { mostUnanswered } from "./server/unanswered.js";

/** 400, 431, 408: what cannot be understood is not passed on. */
export function malformedRefusal(
  status: 400 | 408 | 431,
  message: string,
  remedy = "send it as RFC 9112 defines it",
): Refusal {
  return {
    status,
    fault: new ConnectError(status === 408 ? "HTTP_TIMEOUT" : "HTTP_INVALID", { hop: "local", message, remedy }),
  };
}

/** The same where the words never change. */
const malformed =
  (...refusal: Parameters<typeof malformedRefusal>) =>
  (): Refusal =>
    malformedRefusal(...refusal);

/** 503 while there is no room, or while the gateway is shutting down. */
function unavailableRefusal(message: string, remedy: string): Refusal {
  return { status: 503, fault: new ConnectError("PROXY_REFUSED", { hop: "local", message, remedy }) };
}

/** 407 for a client without the token, or with a wrong one. */
export function tokenRefusal(given: boolean): Refusal {
  return {
    status: 407,
    fault: new ConnectError(given ? "PROXY_AUTH_REJECTED" : "PROXY_AUTH_REQUIRED", {
      hop: "proxy",
      message: given
        ? "this is not the token of the sallyport gateway"
        : "the sallyport gateway requires its token, and none was sent",
      remedy: "use the proxy URL that the gateway printed at its start: the token is the password in it",
    }),
  };
}

export function ending(): Refusal {
  return unavailableRefusal("the gateway is shutting down", "restart it, then try again");
}

export function full(maximumConnections: number): Refusal {
  return unavailableRefusal(
    `the gateway serves ${maximumConnections} connections already`,
    "close some, then try again; the limit is the option maximumConnections",
  );
}

export const spokeTls = malformed(
  400,
  "a client speaks TLS to the gateway, which expects plain HTTP",
  "write http://, not https://, in the proxy setting: the scheme is the protocol of the proxy itself",
);

export const spokeSocks4 = malformed(400, "a client speaks SOCKS 4", "use socks5h:// in its proxy setting");

export const headTooLarge = malformed(
  431,
  "the request's head is larger than the gateway takes",
  "send fewer or shorter header fields",
);

export const slowHead = malformed(408, "the request's head was not complete in time", "send the whole head at once");

export const notHttp = malformed(400, "this is not a valid HTTP/1.1 request");

export function tooManyAtOnce(): Refusal {
  return unavailableRefusal(
    `more than ${mostUnanswered} requests of one connection wait for their answers`,
    "wait for answers before asking for more, or use several connections",
  );
}

export function noPage(): Refusal {
  const refusal = unavailableRefusal(
    "this is a forward proxy, and the request names no server",
    "send absolute URLs or CONNECT here, as programs do for HTTPS_PROXY",
  );
  return { ...refusal, status: 404 };
}

export const upgradeWithBody = malformed(400, "a request for an upgrade must not have content here");

export const notForwardProxy = malformed(
  400,
  "this is a reverse proxy for one origin, not a forward proxy",
  "use the gateway's own URL as the proxy",
);

/** For whom a reverse proxy is not there. */
const forbidden = (status: 403 | 421, message: string, remedy: string) => (): Refusal => ({
  status,
  fault: new ConnectError("PROXY_FORBIDDEN", { stage: "http", hop: "local", message, remedy }),
});

export const otherOrigin = forbidden(
  421,
  "this is a reverse proxy for one origin, and the request is for another host",
  "ask for it by the URL that the gateway printed, with 127.0.0.1 or localhost and its port",
);

export const fromWebPage = forbidden(
  403,
  "the request comes from a web page, and the reverse proxies of a gateway are for programs alone",
  "ask from a program; a page that needs the origin has to ask it directly",
);

export const otherSocksVersion = malformed(400, "the SOCKS request is of another version");

export const otherSocksCommand = malformed(400, "SOCKS commands other than CONNECT are not served");

export const noSocksTarget = malformed(400, "the SOCKS request does not name a valid host and port");

export const unknownSocksAddress = malformed(400, "the SOCKS request has an address of an unknown kind");
