import { requestFields, revalued, without, type RawHeaders } from "../../clients/index.js";
import { counts, forwardsLeft } from "./max-forwards.js";

interface Outgoing {
  /** Of the target, as a Host field says it. */
  readonly host: string;
  readonly method: string;
  /** Added to `Via`; undefined for a target that is not told. */
  readonly via: string | undefined;
  /** Whether the change to another protocol that the client asks for is meant. */
  readonly upgrade: boolean;
}

/** The fields of a request for the upstream, without what was meant for the gateway. */
export function requestHeaders(raw: RawHeaders, { host, method, via, upgrade }: Outgoing): string[] {
  const received = without(requestFields(raw, { method, upgrade }), "host");
  const counted = counts(method) ? revalued(received, "max-forwards", forwardsLeft) : received;
  const headers = ["Host", host, ...revalued(counted, "cookie", withoutOurCookies)];
  if (via !== undefined) headers.push("Via", via);
  return headers;
}

/** A browser sends the cookies of 127.0.0.1 to each of its ports: that of the status page is for nobody else. */
function withoutOurCookies(value: string): string | undefined {
  const kept = value.replace(ourCookies, "");
  if (kept === value) return value;
  return kept.replace(/^[\s;,]+|[\s;,]+$/g, "") || undefined;
}

/** With any white space before it, and behind a comma as well: who reads the field may take either. */
const ourCookies = /(?<=^|[;,])\s*sallyport-status[^;,]*(?:[;,]|$)/gi;
