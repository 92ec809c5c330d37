import { isConnectError } from "../../base/errors.js";
import type { BridgeHeader, BridgeOptions, LoginSource, McpLogin } from "../types.js";
import { loginRefused } from "./faults.js";
import { send, type AnswerHead, type AnswerReader, type HeaderFields, type HttpRequest, type Running } from "./http.js";
import { Unsent } from "./unsent.js";

/** A request to the server, without what the endpoint adds to each. */
export type EndpointRequest = Omit<HttpRequest, "url"> & { readonly url?: URL };

/** The server's URL, on the network path, with the login and the headers that go with every request. */
export class Endpoint {
  readonly url: URL;
  readonly unsent = new Unsent();
  readonly #dispatcher: BridgeOptions["network"]["dispatcher"];
  readonly #settings: readonly BridgeHeader[];
  readonly #source: LoginSource | undefined;
  #headers: HeaderFields = {};
  #login: Promise<McpLogin> | undefined;

  constructor({ url, network, headers = [], login }: BridgeOptions) {
    this.url = url;
    this.#dispatcher = network.dispatcher;
    this.#settings = headers;
    this.#source = login;
  }

  /**
   * Reads the headers' values, and the login if an earlier one left a token.
   * @throws {ConnectError} where a value cannot be had
   */
  async open(): Promise<void> {
    this.#headers = await this.#readHeaders();
    if (!this.#hasOwnAuthorization && (await this.#source?.stored()) === true) await this.#openLogin();
  }

  async close(): Promise<void> {
    const login = await this.#login?.catch(() => undefined);
    await login?.close();
  }

  /** Sends it, once more after a login where the server asks for one. */
  send(request: EndpointRequest, reader: AnswerReader): Running {
    const sending = new Sending(this, request, reader);
    sending.start();
    return sending;
  }

  /** Undefined: there is no login, and nothing to wait for. */
  authorization(signal: AbortSignal): Promise<string | undefined> | undefined {
    return this.#login?.then((login) => login.authorization(signal));
  }

  transmit(request: EndpointRequest, authorization: string | undefined, reader: AnswerReader): Running {
    const headers = { ...this.#headers, ...request.headers };
    if (authorization !== undefined) headers["authorization"] = authorization;
    return send(this.#dispatcher, { url: this.url, ...request, headers }, reader);
  }

  /** Whether the request may be sent once more, since a new token or a new value of a header is there. */
  async challenged(head: AnswerHead, sent: string | undefined, signal: AbortSignal): Promise<boolean> {
    const before = JSON.stringify(this.#headers);
    this.#headers = await this.#readHeaders();
    if (JSON.stringify(this.#headers) !== before) return true;
    if (this.#source === undefined || this.#hasOwnAuthorization) return false;
    const login = await this.#openLogin();
    const header = head.headers["www-authenticate"] ?? null;
    return login.challenged({ status: head.status, header, sent }, signal);
  }

  get #hasOwnAuthorization(): boolean {
    return this.#settings.some(({ name }) => name.toLowerCase() === "authorization");
  }

  async #openLogin(): Promise<McpLogin> {
    this.#login ??= this.#source?.open();
    if (this.#login === undefined) throw new Error("no login to open");
    return this.#login;
  }

  async #readHeaders(): Promise<HeaderFields> {
    const values = await Promise.all(
      this.#settings.map(async ({ name, value }) => [name.toLowerCase(), await value()] as const),
    );
    return Object.fromEntries(values);
  }
}

/** One with a token that is over, one with a new one, one with a token that may do more: a login that goes on after that goes in a circle. */
const attempts = 3;

/** One request, over as many attempts as its login takes. */
class Sending implements Running {
  readonly #endpoint: Endpoint;
  readonly #request: EndpointRequest;
  readonly #reader: AnswerReader;
  readonly #abort = new AbortController();
  readonly #release: () => void;
  #running: Running | undefined;
  #paused = false;

  constructor(endpoint: Endpoint, request: EndpointRequest, reader: AnswerReader) {
    this.#endpoint = endpoint;
    this.#request = request;
    this.#reader = reader;
    this.#release = endpoint.unsent.add(request.body?.length ?? 0);
  }

  start(attempt = 1): void {
    const authorization = this.#endpoint.authorization(this.#abort.signal);
    if (authorization === undefined) this.#transmit(undefined, attempt);
    else
      authorization.then(
        (value) => this.#transmit(value, attempt),
        (error: Error) => this.#fail(error),
      );
  }

  pause(): void {
    this.#paused = true;
    this.#running?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#running?.resume();
  }

  cancel(): void {
    this.#release();
    this.#abort.abort();
    this.#running?.cancel();
  }

  #transmit(authorization: string | undefined, attempt: number): void {
    if (this.#abort.signal.aborted) return;
    const reader = this.#reader;
    let challenge: AnswerHead | undefined;
    this.#running = this.#endpoint.transmit(this.#request, authorization, {
      sent: this.#release,
      head(head) {
        // Its page says nothing that the client could use. It is read to its end, and the connection used again.
        if (wantsLogin(head)) challenge = head;
        else reader.head(head);
      },
      data(chunk) {
        if (challenge === undefined) reader.data(chunk);
      },
      end: () => {
        this.#release();
        if (challenge === undefined) reader.end();
        else this.#challenge(challenge, authorization, attempt);
      },
      fail: (error) => {
        this.#release();
        reader.fail(error);
      },
    });
    if (this.#paused) this.#running.pause();
  }

  #challenge(head: AnswerHead, sent: string | undefined, attempt: number): void {
    const mayRepeat = attempt < attempts;
    const again = mayRepeat ? this.#endpoint.challenged(head, sent, this.#abort.signal) : Promise.resolve(false);
    again.then(
      (isNew) => (isNew ? this.start(attempt + 1) : this.#fail(loginRefused(this.#endpoint.url, head, attempt === 1))),
      (error: Error) => this.#fail(isConnectError(error) ? error : loginRefused(this.#endpoint.url, head, true, error)),
    );
  }

  #fail(error: Error): void {
    this.#release();
    if (!this.#abort.signal.aborted) this.#reader.fail(error);
  }
}

/** RFC 9728 and RFC 6750: 401, or 403 where a token is good for less than was asked for. */
function wantsLogin({ status, headers }: AnswerHead): boolean {
  if (status === 401) return true;
  return status === 403 && /\binsufficient_scope\b/.test(headers["www-authenticate"] ?? "");
}
