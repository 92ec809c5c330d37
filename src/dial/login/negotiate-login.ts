import { createRequire } from "node:module";
import type { Challenge } from "./challenges.js";
import { negotiateFault, noKerberos } from "./faults.js";
import type { LoginPlace, SchemeLogin } from "./scheme.js";

/** What is used of the package `kerberos`: GSSAPI, or SSPI on Windows. */
interface Kerberos {
  readonly GSS_MECH_OID_SPNEGO: number;
  initializeClient(service: string, options: { readonly mechOID: number }): Promise<KerberosClient>;
}

interface KerberosClient {
  /** The next token in base64; the challenge is an empty text at first. */
  step(challenge: string): Promise<string | null>;
  readonly contextComplete: boolean;
}

const require = createRequire(import.meta.url);

/** @throws {ConnectError} PROXY_AUTH_TICKET where it is not installed */
function loadKerberos(): Kerberos {
  try {
    return require("kerberos") as Kerberos;
  } catch (error) {
    throw noKerberos(error);
  }
}

/** Negotiate (RFC 4559) with the ticket of whoever is logged in on this machine: no password is needed. */
export class NegotiateLogin implements SchemeLogin {
  readonly scheme = "negotiate";
  readonly bound = true;
  readonly #place: LoginPlace;
  #client: KerberosClient | undefined;

  constructor(place: LoginPlace) {
    this.#place = place;
  }

  again(): undefined {
    return undefined;
  }

  /** @throws {ConnectError} PROXY_AUTH_TICKET */
  async next(challenge: Challenge | undefined): Promise<string | undefined> {
    const { proxy } = this.#place;
    // As GSSAPI writes host-based names.
    const service = this.#place.service.replace(/^([^/@]+)\//, "$1@");
    try {
      if (this.#client === undefined) {
        const kerberos = loadKerberos();
        this.#client = await kerberos.initializeClient(service, { mechOID: kerberos.GSS_MECH_OID_SPNEGO });
        return `Negotiate ${await this.#client.step("")}`;
      }
      // Refused: a proxy that goes on sends a token of its own.
      if (challenge?.token === undefined || this.#client.contextComplete) return undefined;
      const token = await this.#client.step(challenge.token);
      return token === null || token === "" ? undefined : `Negotiate ${token}`;
    } catch (error) {
      throw negotiateFault(proxy, service, error);
    }
  }
}
