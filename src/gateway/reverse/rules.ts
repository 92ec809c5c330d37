import type { IncomingMessage } from "node:http";
import { fromWebPage, malformedRefusal, otherOrigin } from "../faults-requests.js";
import type { Refusal } from "../server/answers.js";
import { malformedHead } from "../server/request-head.js";

/**
 * Why a request to a reverse proxy is not passed on: it is malformed, meant for another host, or comes from a web page. A page
 * of any site can make a browser ask a port on loopback; by a name of its own that resolves to 127.0.0.1 (DNS rebinding), or openly,
 * which the fields tell that a browser adds and no page can take away.
 */
export function refuseToPass(request: IncomingMessage, port: number): Refusal | undefined {
  const problem = malformedHead(request);
  if (problem !== undefined) return malformedRefusal(400, problem);
  const { host, origin } = request.headers;
  if (!isOwn(host, port)) return otherOrigin();
  if (request.url?.startsWith("/") !== true && request.url !== "*" && !isOwnUrl(request.url, port))
    return otherOrigin();
  const site = request.headers["sec-fetch-site"];
  const fromPage =
    (site !== undefined && site !== "same-origin" && site !== "none") ||
    (origin !== undefined && !isOwnUrl(origin, port));
  return fromPage ? fromWebPage() : undefined;
}

/** RFC 9112 section 3.2.2: a server must also take a URL of its own. */
function isOwnUrl(url: string | undefined, port: number): boolean {
  return isOwn(/^http:\/\/([^/?#]*)/i.exec(url ?? "")?.[1], port);
}

function isOwn(host: string | undefined, port: number): boolean {
  const [, name = "", given = "80"] = /^(.*?)(?::(\d{1,5}))?$/.exec(host?.toLowerCase() ?? "") ?? [];
  return (name === "127.0.0.1" || name === "localhost" || name === "[::1]") && Number(given) === port;
}
