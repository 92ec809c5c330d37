import { createRequire } from "node:module";
import type { Credentials } from "../login-verdict.js";
import type { Challenge } from "./challenges.js";
import { authenticateMessage, negotiateMessage, readChallenge, type Md4 } from "./ntlm.js";
import type { LoginPlace, SchemeLogin } from "./scheme.js";
import { badNtlm } from "./faults.js";

/** NTLM version 2, in three messages on one connection. */
export class NtlmLogin implements SchemeLogin {
  readonly scheme = "ntlm";
  readonly bound = true;
  readonly #credentials: Credentials;
  readonly #place: LoginPlace;
  #negotiate: Buffer | undefined;
  #answered = false;

  constructor(credentials: Credentials, place: LoginPlace) {
    this.#credentials = credentials;
    this.#place = place;
  }

  again(): undefined {
    return undefined;
  }

  async next(challenge: Challenge | undefined): Promise<string | undefined> {
    const token = challenge?.token;
    if (this.#negotiate === undefined) {
      this.#negotiate = negotiateMessage();
      return `NTLM ${this.#negotiate.toString("base64")}`;
    }
    if (this.#answered) return undefined;
    const { proxy, service, binding, now } = this.#place;
    const asked = token === undefined ? undefined : readChallenge(token);
    if (asked === undefined) throw badNtlm(proxy);
    this.#answered = true;
    const message = await authenticateMessage(asked, this.#credentials, {
      negotiate: this.#negotiate,
      service,
      binding: binding(),
      md4,
      now: now(),
    });
    return `NTLM ${message.toString("base64")}`;
  }
}

interface HashWasm {
  md4(data: Uint8Array): Promise<string>;
}

const require = createRequire(import.meta.url);

/** By a library: OpenSSL 3 has MD4 no longer. Loaded by the first NTLM login, and of its two dozen hashes this one alone. */
export const md4: Md4 = async (bytes) =>
  Buffer.from(await (require("hash-wasm/dist/md4.umd.min.js") as HashWasm).md4(bytes), "hex");
