import { configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

/**
 * `host`, `host:port`, `host/path`: what people write for short. A single word is none, since it may as well be a token that
 * was pasted in the wrong place; neither is what has a login.
 */
const withoutScheme =
  /^(?<place>(?:localhost|\[[\da-f:.]+\]|[\w-]+(?:\.[\w-]+)*(?=:\d)|(?:[\w-]+\.)+(?:[a-z]{2,24}|\d{1,3}))(?::\d{1,5})?)(?<path>\/[^?#]*)?(?:[?#].*)?$/i;
const loopback = /^(localhost|127\.[\d.]+|\[::1\])(:|$)/i;

/** Why a text is no URL that can be reached, and what may be meant. Only what cannot be a secret is repeated. */
export function urlFault(text: string, url: URL | undefined): ConnectError {
  const { place, path = "" } = withoutScheme.exec(text)?.groups ?? {};
  if (place !== undefined) {
    const schemes = loopback.test(place) ? ["http", "https"] : ["https", "http"];
    const [likely, other] = schemes.map((scheme) => `${scheme}://${place}${path}`);
    return configInvalid(`${place}${path} has no scheme`, `write ${likely}, or ${other}`);
  }
  const remedy = "write it in full, e.g. https://api.example.com/";
  // `alice:tulip@host` parses as a URL of the scheme "alice".
  if (url === undefined || (text.includes("@") && !text.includes("://")))
    return configInvalid("one of the given URLs is not valid", remedy);
  return configInvalid(`${url.protocol} URLs cannot be reached by this command`, remedy);
}
