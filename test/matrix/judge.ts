import { stripVTControlCharacters } from "node:util";
import type { Evidence } from "./evidence.js";

export type Outcome =
  | { readonly kind: "works" }
  /** Something left, or tried to, by another way than the settings say. */
  | { readonly kind: "leaks"; readonly what: Leak }
  /** `fault`: the code or the words by which it says why. */
  | { readonly kind: "fails"; readonly fault: string }
  /** Not done within the time that a cell has. */
  | { readonly kind: "silent" };

export type Leak =
  /** A connection to the origin past the proxy. */
  | "direct"
  /** The DNS was asked for a name that the proxy was to resolve. */
  | "dns"
  /** The client certificate was shown to the proxy, or the proxy's login to the origin. */
  | "secret";

/**
 * A cell works when the client says so and the servers confirm it: every host was reached, by the way that the settings name and
 * by no other, and was shown the certificate that it asks for. A leak counts whatever came of it.
 */
export function judge(evidence: Evidence): Outcome {
  const leak = leakIn(evidence);
  if (leak !== undefined) return { kind: "leaks", what: leak };
  const output = plainText(`${evidence.stderr}\n${evidence.stdout}`);
  // Still trying, with nothing said that would help anybody.
  if (evidence.timedOut && namedFault(output) === undefined) return { kind: "silent" };
  if (evidence.status !== 0) return { kind: "fails", fault: faultIn(output) };
  const missing = missingProof(evidence);
  return missing === undefined ? { kind: "works" } : { kind: "fails", fault: missing };
}

function leakIn({ sights, questions, proxyPeers, logins }: Evidence): Leak | undefined {
  if (sights.some((sight) => !sight.direct && sight.sideDoor > 0)) return "direct";
  const direct = sights.filter((sight) => sight.direct).map((sight) => sight.host);
  if (questions.some((name) => !direct.includes(name))) return "dns";
  // The token of a gateway is worth nothing at an origin. Tickets and the like are never one.
  const isSecret = (login: string): boolean => logins.includes(login) || !/^basic /i.test(login);
  const shown = sights.some(({ visits }) =>
    visits.some(({ proxyLogin }) => proxyLogin !== undefined && isSecret(proxyLogin)),
  );
  return shown || proxyPeers.length > 0 ? "secret" : undefined;
}

/** What is not in the logs although the client is content; undefined when all is there. */
function missingProof(evidence: Evidence): string | undefined {
  for (const sight of evidence.sights) {
    const { host } = sight;
    if (sight.visits.length === 0) return `${host} was never asked`;
    if (sight.visits.some((visit) => visit.peer !== sight.peer)) return `${host} saw no certificate`;
    const granted = evidence.tunnels.filter((tunnel) => tunnel.target === sight.target && tunnel.granted);
    if (sight.direct) {
      if (sight.sideDoor === 0) return `${host} was not reached directly`;
      if (granted.length > 0) return `${host} was reached by the proxy`;
      continue;
    }
    if (granted.length === 0) return `the proxy opened nothing to ${host}`;
    if (sight.loginNeeded && !granted.every((tunnel) => tunnel.login)) return "the proxy saw no login";
    if (sight.inspected && sight.readByProxy === 0) return "the proxy read nothing";
  }
  return evidence.proxyTls === "missing" ? "the proxy saw no TLS" : undefined;
}

/** From the most telling to the least. The first that is found names the fault. */
const names: readonly RegExp[] = [
  // Ours: `error: … [CODE]`, and the bodies and the header of the gateway's own answers.
  /^error: .*\[([A-Z][A-Z_]+)\]$/m,
  /"fault":\{"code":"([A-Z_]+)"/,
  /sallyport-fault: ([A-Z_]+)/,
  /\b(ERR_(?:SSL|TLS|PROXY|OSSL)_[A-Z0-9_]+)/,
  /\b((?:SELF_SIGNED|UNABLE_TO|DEPTH_ZERO|CERT|HOSTNAME)_[A-Z_]+)\b/,
  /(CERTIFICATE_VERIFY_FAILED)/,
  /(certificate verification failed|certificate is NOT trusted|not trusted|not signed by known authorities|UnknownIssuer)/,
  /^(curl: \(\d+\))/m,
  // Node calls it so when a program gives up on its first words.
  /^([\w.]*Error: Unsupported [^\n]+)$/m,
  /\b((?:HTTP|status(?: ?code)?|response|ERROR)["']?(?:=|:? )(?:40[037]|50[234]))\b/i,
  /\b(UND_ERR_[A-Z_]+)\b/,
  /\b(UnsupportedProxyProtocol|FailedToOpenSocket|ConnectionRefused)\b/,
  /\b(E(?:NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|PROTO|PIPE|TIMEDOUT|NETUNREACH|INVAL))\b/,
  /\b(ERR_[A-Z0-9_]+)\b/,
  /^([\w.]*Error(?:: [^\n]+)?)$/m,
  /(InvalidSchema: [^\n]+)/,
  /(unsettled top-level await)/,
];

function namedFault(output: string): string | undefined {
  for (const name of names) {
    const found = name.exec(output)?.[1];
    if (found !== undefined) return steady(found);
  }
  return undefined;
}

/** Without colours, and without what `run` says of its own in the beginning. */
function plainText(output: string): string {
  return stripVTControlCharacters(output).replaceAll(/^sallyport: through .*$/gm, "");
}

/** The shortest name by which the output says what is wrong. */
export function faultIn(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "" && !/^(\s+at |Node\.js v)/.test(line));
  const line = lines.find((text) => /error|fail|fatal|cannot|could not/i.test(text)) ?? lines.at(-1);
  return namedFault(output) ?? steady(line ?? "no word");
}

/** Without what differs from run to run, and what a table cannot hold. */
function steady(text: string): string {
  const words = text
    // aria2's time of day; Chromium's process and time.
    .replace(/^(?:\d\d\/\d\d \d\d:\d\d:\d\d|\[\d+[\d/.:]*:ERROR:[\w/]+\.cc:\d+\]) /, "")
    .replaceAll(/(?<![\w/:.])\/[^\s'":()]+/g, "…")
    .replaceAll(/:\d{4,5}\b/g, "")
    .replaceAll(/[`|]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return words.length > 60 ? `${words.slice(0, 60).trim()}…` : words;
}

/** One word or two, for a table. */
export function wordsFor(outcome: Outcome): string {
  switch (outcome.kind) {
    case "works":
      return "works";
    case "silent":
      return "silent";
    case "fails":
      return outcome.fault;
    case "leaks":
      return { direct: "LEAK: direct", dns: "LEAK: DNS", secret: "LEAK: secret" }[outcome.what];
  }
}
