import type { ConnectError } from "../../base/errors.js";
import type { Network } from "../../clients/index.js";
import { tokenBoundElsewhere } from "./faults.js";
import { boundThumbprint, certificateThumbprint } from "./token-binding.js";

type Shown = { readonly thumbprint: string | undefined; readonly subject: string | undefined };

/** Watches that tokens which are bound to a certificate (RFC 8705) go out with that certificate. */
export class BoundRequests {
  #last: { readonly token: string; readonly bound: string | undefined } | undefined;
  /** The token that was refused last, until one fits. */
  #refused: string | undefined;

  /**
   * The answer that the server would give to a token of another certificate, as after a rotation: a client that reads it fetches a new one.
   * Undefined where the request may go out.
   * @throws {ConnectError} OAUTH_TOKEN_BOUND where the new token does not fit either
   */
  async refuse(network: Network, target: URL, authorization: string | null): Promise<Response | undefined> {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined || target.protocol !== "https:") return undefined;
    if (this.#last?.token !== token) this.#last = { token, bound: boundThumbprint(token) };
    const { bound } = this.#last;
    if (bound === undefined) return undefined;
    const { thumbprint, subject } = await shownTo(network, target);
    if (thumbprint === bound) {
      this.#refused = undefined;
      return undefined;
    }
    const fault: ConnectError = tokenBoundElsewhere(target.host, subject);
    if (this.#refused !== undefined && this.#refused !== token) throw fault;
    this.#refused = token;
    return new globalThis.Response(null, {
      status: 401,
      headers: { "www-authenticate": `Bearer error="invalid_token", error_description="${fault.code}"` },
    });
  }
}

const thumbprints = new WeakMap<object, string>();

/** The certificate that this host is shown, by the settings in force. */
export async function shownTo(network: Pick<Network, "identities">, target: URL): Promise<Shown> {
  const { identityMeantFor } = await import("../../dial/index.js");
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const meant = identityMeantFor(network, host, Number(target.port || 443));
  if (meant === undefined || "fault" in meant) return { thumbprint: undefined, subject: undefined };
  let thumbprint = thumbprints.get(meant);
  if (thumbprint === undefined) {
    thumbprint = certificateThumbprint(meant.material().cert ?? "");
    thumbprints.set(meant, thumbprint);
  }
  return { thumbprint, subject: meant.subject };
}
