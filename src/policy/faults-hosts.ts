import { problemOf, type Problem } from "../base/faults-problem.js";
import { readUrl } from "../base/read-url.js";
import { formatIp, type IpAddress } from "../base/ip.js";
import { quotesRemain, notExpanded } from "../base/faults-path.js";
import { parseHostname, formatHostPort } from "../base/hostname.js";

export function aUrl(text: string): PatternProblem {
  return problemOf("is a URL", urlRemedy(text));
}

export const holdsLogin = problemOf("holds a login", "write the host alone");

export const portNotANumber = problemOf(
  "has a port that is not a number from 1 to 65535",
  "write host:port, or the host alone for every port",
);

export function portWithoutHost(port: number): PatternProblem {
  return problemOf("has a port and no host", `write *:${port} if you mean every host on that port`);
}

export const looksLikeToken = problemOf("looks like a key or a token", "write the name of a host");

export function incompleteIpv4(prefix: string): PatternProblem {
  return problemOf(
    "is not a complete IPv4 address",
    `write ${blockOf(prefix)} if you mean every address that begins like this`,
  );
}

export const invalidBlock = problemOf(
  "is not a valid block of addresses",
  "write address/prefix length, such as 10.0.0.0/8 or 2001:db8::/32",
);

export function holdsPath(name: string): PatternProblem {
  return problemOf("holds a path", `write ${name}: entries name hosts, not pages`);
}

export function invalidPrefixLength(parsed: IpAddress, bits: 32 | 128): PatternProblem {
  return problemOf("has no valid prefix length", `write ${formatIp(parsed)}/n with n from 0 to ${bits}`);
}

export const leadingZero = problemOf(
  "has a number with a leading zero, which is octal to some programs",
  "write its numbers without leading zeros",
);

export function unusualIpv4(parsed: IpAddress): PatternProblem {
  return problemOf("is an unusual spelling of an IPv4 address", `write ${formatIp(parsed)} if you mean that address`);
}

export const invalidIpv6 = problemOf(
  "is not a valid IPv6 address",
  "write an address such as 2001:db8::1, and [2001:db8::1]:port with a port",
);

export const invalidIpv4 = problemOf(
  "is not a valid IPv4 address or range",
  "write 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9",
);

export const quoted = problemOf("has quotes around it", `remove the quotes: ${quotesRemain}`);

export const unknownSeparator = problemOf("has an unknown separator", "separate entries with commas");

export const windowsOnly = problemOf("works on Windows only", "list the domains or addresses of your network");

export const unexpanded = problemOf(notExpanded, "write the host itself");

export function beforeAddress(address: IpAddress): PatternProblem {
  return problemOf("has something before an address", `write ${formatIp(address)}`);
}

export const invalidHostName = problemOf(
  "is not a valid host name",
  "write a name such as example.com, an address, or a block such as 10.0.0.0/8",
);

function urlRemedy(text: string): string {
  const url = readUrl(text);
  const host = url === undefined ? undefined : parseHostname(url.hostname);
  if (url === undefined || host === undefined) return "write the host alone, without scheme and path";
  return `write ${url.port === "" ? host : formatHostPort(host, Number(url.port))}, without scheme and path`;
}

/** `10` and `10.1` as they were meant: 10.0.0.0/8, 10.1.0.0/16. */
function blockOf(prefix: string): string {
  const octets = prefix.split(".");
  return `${[...octets, "0", "0", "0"].slice(0, 4).join(".")}/${octets.length * 8}`;
}

/** Why an entry matches nothing, as in `"*corp.example" has a "*" in a place where …`; the entry itself may hold a login. */
export type PatternProblem = Problem;

export function strayAsterisk(rest: string): PatternProblem {
  const problem = 'has a "*" where it has no meaning';
  const octets = /^(\d{1,3}(?:\.\d{1,3}){0,2})(?:\.\*)+$/.exec(rest)?.[1];
  if (octets !== undefined) return { problem, remedy: `write ${blockOf(octets)} for this part of the network` };
  const domain = parseHostname(rest.replace(/^[*.]+/, ""));
  if (domain !== undefined)
    return {
      problem,
      remedy: `write ${domain} for the host and its sub-domains, or *.${domain} for the sub-domains alone`,
    };
  return { problem, remedy: "write * alone for every host, *.example.com for sub-domains, 10.0.0.0/8 for addresses" };
}

export function incompleteRange(meant: string): PatternProblem {
  return problemOf("is not a complete range of addresses", `write ${meant}`);
}

export function reversedRange(low: IpAddress, high: IpAddress): PatternProblem {
  return problemOf("is a range that ends before it begins", `write ${formatIp(high)}-${formatIp(low)}`);
}
