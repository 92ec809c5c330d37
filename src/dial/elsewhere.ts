const portalWords = /portal|captive|hotspot|log-?[io]n|sign-?in|guest|wi-?fi|splash|auth/i;
const blockWords = /block|deny|denied|forbidden|policy|notify|warning|zscaler|netskope|umbrella|fortiguard|iboss|eun/i;

/** A redirect to a place that is none of the server's own. */
export interface Elsewhere {
  /** Without query: that may say who is asking. */
  readonly to: string;
  readonly kind: "portal" | "block" | "unknown";
}

/** Undefined where the answer is no redirect, or one to the same site: to another name of it, or from http to https. */
export function sentElsewhere(status: number, location: string | undefined, from: URL): Elsewhere | undefined {
  if (status < 300 || status > 399 || location === undefined || !URL.canParse(location, from.href)) return undefined;
  const url = new URL(location, from);
  if (!/^https?:$/.test(url.protocol) || sameSite(url.hostname, from.hostname)) return undefined;
  const place = `${url.hostname}${url.pathname}`;
  // A way back to what was asked for is what a portal is made for; a server that has moved names none.
  const back = decode(url.search).includes(from.hostname);
  const kind = blockWords.test(place) ? "block" : portalWords.test(place) || back ? "portal" : "unknown";
  return { to: `${url.origin}${url.pathname}`, kind };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** By the last two labels: too generous under `co.uk`, where nothing is said then. */
function sameSite(one: string, other: string): boolean {
  const site = (host: string): string => host.toLowerCase().split(".").slice(-2).join(".");
  return one === other || (/[a-z]/i.test(one) && site(one) === site(other));
}
