import type { Socket } from "node:net";
import { bareHost } from "../base/hostname.js";
import { showAs } from "../base/show-as.js";
import { authority } from "./endpoint.js";
import type { RequestLine } from "./login/digest.js";
import type { LoginAttempt } from "./login/login-attempt.js";
import { provesLogin, type LoginUse } from "./proxy-login.js";
import type { Forward, ForwardedRequest } from "./types.js";

/** The login of a connection on which requests go in absolute form. */
export interface ForwardLogin {
  readonly use: LoginUse | undefined;
  readonly attempt: LoginAttempt;
  /** The connection's first request alone carries this: its messages belong to the connection. */
  readonly first: string | undefined;
}

/** What requests in absolute form on this connection carry, and where its clients tell what the proxy makes of that. */
export function forwardWith({ use: login, attempt, first }: ForwardLogin, socket: Socket): Forward {
  if (login !== undefined) socket.once("close", () => login.unanswered());
  let fresh = login;
  let once = first;
  const { scheme } = attempt;
  let isOpen = false;
  return {
    hasLogin: login !== undefined,
    get mayRefuse() {
      return login !== undefined || !isOpen;
    },
    get isOutdated() {
      return login?.isOutdated === true || attempt.isOutdated(scheme);
    },
    request: ({ host, port }) => {
      const use = fresh ?? login?.again(authority({ host: bareHost(host), port }));
      fresh = undefined;
      const headers = (line: RequestLine): Readonly<Record<string, string>> => {
        const value = once ?? attempt.perRequest(line);
        once = undefined;
        return showAs(value === undefined ? {} : { "proxy-authorization": value }, () => "[login]");
      };
      return new OneRequest(use, attempt, headers, () => (isOpen = true));
    },
  };
}

class OneRequest implements ForwardedRequest {
  readonly headers: (line: RequestLine) => Readonly<Record<string, string>>;
  readonly #use: LoginUse | undefined;
  readonly #attempt: LoginAttempt;
  readonly #onPassed: () => void;
  #line: RequestLine = { method: "GET", uri: "" };
  #otherWay: Promise<boolean> | undefined;

  constructor(
    use: LoginUse | undefined,
    attempt: LoginAttempt,
    headers: (line: RequestLine) => Readonly<Record<string, string>>,
    onPassed: () => void,
  ) {
    this.#onPassed = onPassed;
    this.#use = use;
    this.#attempt = attempt;
    this.headers = (line) => {
      this.#line = line;
      return headers(line);
    };
  }

  answered(status: number, offered: string): void {
    if (status !== 407) {
      this.#onPassed();
      this.#use?.answered(status);
      if (provesLogin(status)) this.#attempt.accepted();
      return;
    }
    this.#otherWay = this.#readOffer(offered);
    // Whoever wants to know asks `renewed`.
    this.#otherWay.catch(() => undefined);
  }

  /** Whether the proxy wants the login in another way that can be had here. */
  async #readOffer(offered: string): Promise<boolean> {
    const answer = await this.#attempt.answer(offered, this.#line).catch((error: unknown) => {
      this.#use?.unanswered();
      throw error;
    });
    if (answer.kind === "refused") {
      this.#use?.refused(offered);
      return false;
    }
    this.#use?.unanswered();
    if (answer.kind === "fault") throw answer.fault;
    this.#attempt.remember();
    return true;
  }

  async renewed(signal?: Parameters<ForwardedRequest["renewed"]>[0]): Promise<boolean> {
    if ((await this.#otherWay) === true || (await this.#use?.renewed(signal)) === true) return true;
    const refusal = this.#use?.refusedHelper;
    if (refusal !== undefined) throw refusal;
    return false;
  }
}
