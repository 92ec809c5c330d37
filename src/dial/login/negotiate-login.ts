import { createRequire } from "node:module";
import type { Challenge } from "./challenges.js";
import { negotiateFault, noKerberos } from "./faults.js";
import type { LoginPlace, SchemeLogin } from "./scheme.js";

/** What is used of the package `kerberos`: GSSAPI, or SSPI on Windows. */
export interface Kerberos {
  readonly GSS_MECH_OID_SPNEGO: number;
  initializeClient(service: string, options: { readonly mechOID: number }): Promise<KerberosClient>;
}

interface KerberosClient {
  /** The next token in base64; the challenge is an empty text at first. */
  step(challenge: string): Promise<string | null>;
  readonly contextComplete: boolean;
}

/** Loads the package; other ones in tests. */
export type LoadKerberos = () => Kerberos;

const require = createRequire(import.meta.url);

/** @throws {ConnectError} PROXY_AUTH_TICKET where it is not installed */
export const loadKerberos: LoadKerberos = () => {
  try {
    return require("kerberos") as Kerberos;
  } catch (error) {
    throw noKerberos(error);
  }
};

/** Negotiate (RFC 4559) with the ticket of whoever is logged in on this machine: no password is needed. */
export class NegotiateLogin implements SchemeLogin {
  readonly scheme = "negotiate";
  readonly bound = true;
  readonly #place: LoginPlace;
  readonly #load: LoadKerberos;
  #client: KerberosClient | undefined;

  constructor(place: LoginPlace, load: LoadKerberos = loadKerberos) {
    this.#place = place;
    this.#load = load;
  }

  again(): undefined {
    return undefined;
  }

  /** @throws {ConnectError} PROXY_AUTH_TICKET */
  async next(challenge: Challenge | undefined): Promise<string | undefined> {
    const { proxy, spn } = this.#place;
    const service = (spn ?? `HTTP/${proxy.host}`).replace(/^([^/@]+)\//, "$1@");
    try {
      if (this.#client === undefined) {
        const kerberos = this.#load();
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
