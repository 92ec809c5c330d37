import { faultCodes, type FaultCode, type Stage } from "../base/codes.js";
import { ConnectError, type Hop } from "../base/errors.js";
import { isLoopback, parseIp } from "../base/ip.js";
import { quotePeer, type Endpoint } from "./endpoint.js";
import type { ResponseHead } from "./response-head.js";

/** The header that marks an answer as that of a sallyport gateway itself, and names the fault's code. */
export const faultHeader = "sallyport-fault";
/** On refusals of CONNECT: the fault as percent-encoded JSON, so that a client that is sallyport too reports it as its own. */
export const faultDetailHeader = "sallyport-fault-detail";

/** Characters of a message or remedy that go into the header. */
const longestText = 400;
/** Three bytes for each character at the worst, of both texts and what is round them. */
const longestField = 8192;

const stages: ReadonlySet<string> = new Set<Stage>([
  ...Object.values(faultCodes).map(({ stage }) => stage),
  "proxy-tls",
]);
const hops: ReadonlySet<string> = new Set<Hop>(["proxy", "target", "local"]);

export function encodeFault({ code, stage, hop, message, remedy }: ConnectError): string {
  const short = (text: string): string => text.slice(0, longestText);
  // JSON writes half a surrogate pair as an escape, which encodeURIComponent then takes.
  return encodeURIComponent(JSON.stringify({ code, stage, hop, message: short(message), remedy: short(remedy) }));
}

/**
 * The fault that a gateway on this machine names in its refusal of a CONNECT. Undefined where the proxy is not on loopback: others
 * must not put words into our mouth. What is not a known code or does not parse is not believed either.
 */
export function gatewayFault({ headers }: ResponseHead, proxy: Endpoint): ConnectError | undefined {
  const code = headers.get(faultHeader);
  const detail = headers.get(faultDetailHeader);
  if (code === undefined || detail === undefined || detail.length > longestField || !isHere(proxy.host))
    return undefined;
  const told = parseDetail(detail);
  if (told === undefined || told["code"] !== code || !isCode(code)) return undefined;
  const { stage, hop, message, remedy } = told;
  if (!isStage(stage) || !isHop(hop) || typeof message !== "string" || typeof remedy !== "string") return undefined;
  const line = (text: string): string => quotePeer(text, longestText);
  return new ConnectError(code, { stage, hop, message: line(message), remedy: line(remedy), severity: "error" });
}

function parseDetail(field: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(field));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Neither JSON nor percent-encoding: not of a gateway of ours.
    return undefined;
  }
}

const isCode = (text: string): text is FaultCode => Object.hasOwn(faultCodes, text);
const isStage = (value: unknown): value is Stage => typeof value === "string" && stages.has(value);
const isHop = (value: unknown): value is Hop => typeof value === "string" && hops.has(value);

/** By its spelling alone: a name that resolves to loopback is whoever's resolver says so. */
function isHere(host: string): boolean {
  const address = parseIp(host);
  return address === undefined ? host === "localhost" : isLoopback(address);
}
