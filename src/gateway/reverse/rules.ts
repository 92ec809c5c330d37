import type { IncomingMessage } from "node:http";
import { ConnectError } from "../../base/errors.js";
import { malformedRefusal, type Refusal } from "../server/answers.js";
import { malformedHead } from "../server/request-head.js";

/**
 * Why a request to a reverse proxy is not passed on: it is malformed, meant for another host, or comes from a web page. A page
 * of any site can make a browser ask a port on loopback; by a name of its own that resolves to 127.0.0.1 (DNS rebinding), or openly,
 * which the fields tell that a browser adds and no page can take away.
 */
export function refuseFront(request: IncomingMessage, port: number): Refusal | undefined {
  const problem = malformedHead(request);
  if (problem !== undefined) return malformedRefusal(400, problem);
  const { host, origin } = request.headers;
  if (!isOwn(host, port)) return elsewhere();
  if (request.url?.startsWith("/") !== true && request.url !== "*" && !isOwnUrl(request.url, port)) return elsewhere();
  const site = request.headers["sec-fetch-site"];
  const fromPage =
    (site !== undefined && site !== "same-origin" && site !== "none") ||
    (origin !== undefined && !isOwnUrl(origin, port));
  return fromPage ? webPage() : undefined;
}

/** RFC 9112 section 3.2.2: a server must also take a URL of its own. */
function isOwnUrl(url: string | undefined, port: number): boolean {
  return isOwn(/^http:\/\/([^/?#]*)/i.exec(url ?? "")?.[1], port);
}

function isOwn(host: string | undefined, port: number): boolean {
  const [, name = "", given = "80"] = /^(.*?)(?::(\d{1,5}))?$/.exec(host?.toLowerCase() ?? "") ?? [];
  return (name === "127.0.0.1" || name === "localhost" || name === "[::1]") && Number(given) === port;
}

function elsewhere(): Refusal {
  return {
    status: 421,
    fault: new ConnectError("PROXY_FORBIDDEN", {
      stage: "http",
      hop: "local",
      message: "this is a reverse proxy for one origin, and the request is for another host",
      remedy: "ask for it by the URL that the gateway printed, with 127.0.0.1 or localhost and its port",
    }),
  };
}

function webPage(): Refusal {
  return {
    status: 403,
    fault: new ConnectError("PROXY_FORBIDDEN", {
      stage: "http",
      hop: "local",
      message: "the request comes from a web page, and the reverse proxies of a gateway are for programs alone",
      remedy: "ask from a program; a page that needs the origin has to ask it directly",
    }),
  };
}
