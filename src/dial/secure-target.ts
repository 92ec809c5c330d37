import { isConnectError } from "../base/errors.js";
import type { Identity } from "../identity/types.js";
import { matchHost } from "../route/index.js";
import type { Endpoint } from "./endpoint.js";
import { isLimited, LateCertificate, lateOrigin, mayLimit, type LateOrigin } from "./late-certificate.js";
import { identityFor } from "./identity-for.js";
import { readHost } from "./target-host.js";
import { failedOnResumption, type SecureSocket, type TlsRequest } from "./tls.js";
import type { Connection, DialContext, HttpTarget } from "./types.js";

/** An identity for some hosts goes to who proves to be one of them: the dialled name and the name that is checked count both. */
function shownTo(
  context: Pick<DialContext, "identities">,
  { host, port }: Pick<Endpoint, "host" | "port">,
  servername: string,
): Identity | undefined {
  const identity = identityFor(context, host, port);
  if (identity === undefined || identity.hosts === "all" || matchHost(identity.hosts, servername, port))
    return identity;
  return undefined;
}

/** Whether new connections to this target speak TLS 1.2, since its server was seen to ask for the certificate only after a request. */
export function speaksOlderTls(context: Pick<DialContext, "identities">, target: HttpTarget): boolean {
  const { identities } = context;
  if (identities.origins.length === 0 || !mayLimit()) return false;
  try {
    const goal = { host: readHost(target.host), port: target.port };
    const servername = target.servername ?? goal.host;
    const identity = shownTo(context, goal, servername);
    return identity !== undefined && isLimited(identities, identity, originName(goal, servername));
  } catch {
    // No host: the dial says so.
    return false;
  }
}

function originName({ host, port }: Pick<Endpoint, "host" | "port">, servername: string): string {
  return `${servername} ${host}:${port}`;
}

export interface TargetRequest extends Pick<TlsRequest, "servername" | "alpn" | "via" | "ms" | "signal"> {
  readonly goal: Endpoint;
  /** TLS 1.2 at most, whatever is known of this server. */
  readonly limited: boolean;
}

export type SecureTarget = Pick<Connection, "alpn" | "identity" | "late"> & { readonly made: SecureSocket };

const refusals = new WeakSet<Error>();

/** The handshake failed where TLS 1.2 was all that was offered, for a server that had spoken a later one: it is to be dialled again. */
export function refusedOlderTls(error: unknown): boolean {
  return error instanceof Error && refusals.has(error);
}

/** TLS to the target, with the certificate that it may see, and by the version under which it can ask for it. */
export async function secureTarget(
  context: DialContext,
  start: (request: TlsRequest) => Promise<SecureSocket>,
  { goal, servername, alpn, limited, ...request }: TargetRequest,
): Promise<SecureTarget> {
  const identity = shownTo(context, goal, servername);
  const origin = identity && originOf(context, identity, originName(goal, servername));
  const demanded = limited || identity?.maxTlsVersion === "1.2";
  const older = demanded || (origin?.limited === true && mayLimit());
  const offered = older && alpn.includes("http/1.1") ? alpn.filter((protocol) => protocol !== "h2") : alpn;
  try {
    const made = await start({
      ...request,
      endpoint: goal,
      servername,
      identity,
      alpn: offered,
      limited: older,
    });
    // Null where the server ignored ALPN, false where none was offered.
    const agreed = typeof made.socket.alpnProtocol === "string" ? made.socket.alpnProtocol : undefined;
    const late = origin && new LateCertificate(origin, made.socket, made.asked, older);
    return { made, alpn: agreed, identity, late };
  } catch (error) {
    if (older && origin !== undefined && isRefusal(error)) {
      origin.refuse();
      if (!demanded) refusals.add(error);
    }
    throw error;
  }
}

function originOf({ identities, system }: DialContext, identity: Identity, name: string): LateOrigin {
  return lateOrigin(identities, identity, name, () => system.monotonic());
}

function isRefusal(error: unknown): error is Error {
  return isConnectError(error) && error.stage === "tls" && error.code !== "TLS_TIMEOUT" && !failedOnResumption(error);
}
