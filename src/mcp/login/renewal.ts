import { isConnectError } from "../../base/errors.js";
import { logInByBrowser } from "./browser-login.js";
import type { BearerChallenge } from "./challenge.js";
import { givenClient } from "./client.js";
import { discover } from "./discover.js";
import { anyProof, noProof } from "./faults.js";
import { clientCredentials, refresh, type Asking } from "./grants.js";
import { unwrapped, type Ask } from "./request.js";
import { fileOf, readLogin } from "./store.js";
import type { Discovered, LoginOptions, RegisteredClient, StoredLogin, Tokens } from "./types.js";

/** Why another token is wanted. */
export type Reason =
  | { readonly kind: "expired" }
  /** `refreshed`: it came of a refresh just now. */
  | { readonly kind: "refused"; readonly challenge: BearerChallenge; readonly refreshed: boolean }
  | { readonly kind: "step-up"; readonly challenge: BearerChallenge };

/** Gets tokens, one process at a time, and keeps them for the others. */
export class Renewal {
  readonly #options: LoginOptions;
  readonly #name: string;
  /** How the last token of this process was had. */
  last: "login" | "refresh" | "read" | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#name = fileOf(options);
  }

  stored(): Promise<StoredLogin | undefined> {
    return readLogin(this.#options.files, this.#name);
  }

  canRefresh(login: StoredLogin | undefined): boolean {
    return login?.tokens?.refresh !== undefined || this.#isCredentials(login?.authorizationServer);
  }

  /**
   * @param known what this process has
   * @throws {ConnectError} when there is no token to be had
   */
  async renew(known: StoredLogin | undefined, reason: Reason, signal: AbortSignal): Promise<StoredLogin> {
    const { files, tell } = this.#options;
    // Where nothing can be written, each process logs in for itself.
    const unlock = await files.lock(this.#name, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (isConnectError(error)) throw error;
      tell(`the login cannot be kept in ${files.path}${codeIn(error)}: it lasts only as long as this program runs`);
      return undefined;
    });
    try {
      const stored = await this.stored();
      const isOther = stored?.tokens !== undefined && stored.tokens.access !== known?.tokens?.access;
      if (isOther && coversStepUp(stored, reason)) {
        this.last = "read";
        return stored;
      }
      const login = await this.#obtain(known ?? stored, reason, signal);
      if (unlock !== undefined)
        await files.write(this.#name, JSON.stringify(login)).catch((error: unknown) => {
          tell(`the login cannot be kept in ${files.path}${codeIn(error)}: it lasts only as long as this program runs`);
        });
      return login;
    } catch (error) {
      throw unwrapped(error);
    } finally {
      await unlock?.();
    }
  }

  async #obtain(known: StoredLogin | undefined, reason: Reason, signal: AbortSignal): Promise<StoredLogin> {
    const ask = this.#ask();
    const mayRefresh = reason.kind === "expired" || (reason.kind === "refused" && !reason.refreshed);
    if (known?.tokens?.refresh !== undefined && mayRefresh) {
      const tokens = await this.#refreshed(known, ask, signal);
      if (tokens !== undefined) {
        this.last = "refresh";
        return { ...known, tokens };
      }
    }
    const challenge = reason.kind === "expired" ? {} : reason.challenge;
    const { server, system } = this.#options;
    const discovered = await discover(challenge, { server, ask, signal, now: () => system.now() });
    const login = await this.#logIn(discovered, known, reason, { ask, signal });
    this.last = "login";
    return login;
  }

  /** Undefined where the authorization server does not take the refresh token any more: then the user logs in. */
  async #refreshed(known: StoredLogin, ask: Ask, signal: AbortSignal): Promise<Tokens | undefined> {
    const { authorizationServer, resource, client, tokens } = known;
    if (tokens === undefined) return undefined;
    const discovered: Discovered = { authorizationServer, resource, scopes: undefined, clockAhead: 0 };
    try {
      return await refresh({ options: this.#options, ask, discovered, client, signal }, tokens);
    } catch (error) {
      if (isConnectError(error) && error.code === "OAUTH_REFUSED") return undefined;
      throw error;
    }
  }

  async #logIn(
    discovered: Discovered,
    known: StoredLogin | undefined,
    reason: Reason,
    { ask, signal }: Pick<Asking, "ask" | "signal">,
  ): Promise<StoredLogin> {
    const options = this.#options;
    const { authorizationServer, resource } = discovered;
    const given = await givenClient(options, discovered);
    const isCredentials = this.#isCredentials(authorizationServer);
    const scope = scopeFor(options, discovered, known, reason, isCredentials);
    const kept = (client: RegisteredClient, tokens: Tokens): StoredLogin => ({
      version: 1,
      server: options.server.href,
      authorizationServer,
      ...(resource !== undefined && { resource }),
      client,
      ...(scope !== undefined && { requestedScope: scope }),
      tokens,
    });
    if (isCredentials) {
      if (given === undefined) throw noProof(anyProof);
      return kept(given, await clientCredentials({ options, ask, discovered, client: given, signal }, scope));
    }
    // One that registered itself did so with this authorization server alone.
    const isSame = known?.authorizationServer.issuer === authorizationServer.issuer;
    const registered = isSame && known?.client.redirectUri !== undefined ? known.client : undefined;
    const { client, tokens } = await logInByBrowser({
      options,
      ask,
      discovered,
      client: given ?? registered,
      scope,
      signal,
    });
    return kept(client, tokens);
  }

  #isCredentials(server: StoredLogin["authorizationServer"] | undefined): boolean {
    const { grant, clientId } = this.#options;
    if (grant !== undefined) return true;
    const offered = server?.grant_types_supported;
    return (
      clientId !== undefined &&
      offered?.includes("client_credentials") === true &&
      (!offered.includes("authorization_code") || server?.authorization_endpoint === undefined)
    );
  }

  #ask(): Ask {
    const { network } = this.#options;
    return async (url, init) => {
      try {
        return await network.fetch(url, init);
      } catch (error) {
        throw unwrapped(error);
      }
    };
  }
}

/** What is asked for: what a user says, else what the server says, and what was asked for before where more is wanted. */
function scopeFor(
  { scope: own }: LoginOptions,
  { scopes, authorizationServer: server }: Discovered,
  known: StoredLogin | undefined,
  reason: Reason,
  isCredentials: boolean,
): string | undefined {
  const wanted = reason.kind === "expired" ? undefined : reason.challenge.scope;
  const before = reason.kind === "step-up" ? known?.requestedScope : undefined;
  const base = reason.kind === "step-up" ? [own, before, wanted] : [own ?? wanted ?? scopes?.join(" ")];
  const words = new Set(base.flatMap((each) => each?.split(" ") ?? []).filter((each) => each !== ""));
  if (words.size === 0) return undefined;
  const mayRefresh = server.grant_types_supported?.includes("refresh_token") !== false;
  if (!isCredentials && mayRefresh && own === undefined && server.scopes_supported?.includes("offline_access") === true)
    words.add("offline_access");
  return [...words].join(" ");
}

/** Another process's token helps only if it may do what this one lacks. */
function coversStepUp(stored: StoredLogin, reason: Reason): boolean {
  if (reason.kind !== "step-up") return true;
  const asked = (stored.requestedScope ?? "").split(" ");
  return (reason.challenge.scope ?? "").split(" ").every((each) => asked.includes(each));
}

function codeIn(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return /^[A-Z_]{1,20}$/.test(code) ? ` (${code})` : "";
}
