import { setTimeout as after } from "node:timers/promises";
import { isConnectError } from "../../base/errors.js";
import { listenForCallback, type Callback } from "./callback.js";
import { register } from "./client.js";
import { missingEndpoint, refused, strangerCame, tooLate, wrongIssuer, wrongState } from "./faults.js";
import { clientOf, exchangeCode, type Asking } from "./grants.js";
import type { RegisteredClient, Tokens } from "./types.js";

export interface BrowserLogin extends Omit<Asking, "client"> {
  /** One that is known to the authorization server; undefined where one is to be registered. */
  readonly client: RegisteredClient | undefined;
  readonly scope: string | undefined;
}

const usualTimeout = 300_000;

/**
 * The user logs in, in a browser, which comes back to a listener on loopback (RFC 8252), with PKCE.
 * @throws {ConnectError} OAUTH_LOGIN_INCOMPLETE, OAUTH_REFUSED
 */
export async function logInByBrowser(login: BrowserLogin): Promise<{ client: RegisteredClient; tokens: Tokens }> {
  const { scope, discovered } = login;
  if (discovered.authorizationServer.authorization_endpoint === undefined)
    throw missingEndpoint("authorization_endpoint");
  const { callback, client } = await ready(login);
  const asking: Asking = { ...login, client };
  try {
    const { parameters, verifier } = await authorize(asking, callback, scope);
    callback.finish("You are logged in, and may close this.");
    const { redirectUri } = callback;
    return { client, tokens: await exchangeCode(asking, { parameters, redirectUri, verifier, scope }) };
  } catch (error) {
    callback.finish("The login did not work. You may close this; the program says why.");
    throw error;
  } finally {
    callback.close();
  }
}

/** A listener, and a client whose answers come to it. */
async function ready(login: BrowserLogin): Promise<{ callback: Callback; client: RegisteredClient }> {
  const { options, client, discovered, ask, signal, scope } = login;
  const { callbackPort } = options;
  const { redirectUri } = client ?? {};
  if (client !== undefined && redirectUri === undefined)
    return { client, callback: await listenForCallback(callbackPort ?? 0) };
  // One that registered itself did so with a port: another one would be refused by servers that compare all of the URL.
  const known = redirectUri === undefined ? 0 : Number(new URL(redirectUri).port);
  if (client !== undefined && (callbackPort ?? known) === known) {
    const callback = await listenForCallback(known).catch((error: unknown) => {
      if (callbackPort !== undefined || !isConnectError(error)) throw error;
      return undefined;
    });
    if (callback !== undefined) return { client, callback };
  }
  const callback = await listenForCallback(callbackPort ?? 0);
  try {
    const registration = { ask, redirectUri: callback.redirectUri, scope, signal };
    return { callback, client: await register(discovered.authorizationServer, registration) };
  } catch (error) {
    callback.close();
    throw error;
  }
}

/** Sends the user to the authorization server, and waits for the answer. */
async function authorize(
  asking: Asking,
  callback: Callback,
  scope: string | undefined,
): Promise<{ parameters: URLSearchParams; verifier: string }> {
  const oauth = await import("oauth4webapi");
  const { options, discovered, client, signal } = asking;
  const { authorizationServer: server, resource } = discovered;
  const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()];
  const url = new URL(server.authorization_endpoint ?? "");
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: client.id,
    redirect_uri: callback.redirectUri,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    scope,
    resource,
    // OpenID Connect gives a refresh token only to who was asked for consent.
    prompt: scope?.split(" ").includes("offline_access") === true ? "consent" : undefined,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  let strangers = 0;
  const coming = callback.answer(state, () => {
    if (strangers++ === 0) options.tell(strangerCame());
  });
  await show(url.href, asking);
  const inTime = await withinTime(coming, options.browserTimeout ?? usualTimeout, signal);
  if ("seconds" in inTime) throw strangers > 0 ? wrongState() : tooLate(inTime.seconds);
  return { parameters: await checked(asking, inTime.answer, state), verifier };
}

async function show(url: string, { options }: Asking): Promise<void> {
  const { tell, openBrowser, server } = options;
  tell(`${server.host} asks for a login. Open this in a browser on this machine: ${url}`);
  if (openBrowser !== undefined && !(await openBrowser(url)))
    tell("no browser could be opened: copy the URL above into one");
}

type InTime = { readonly answer: URLSearchParams } | { readonly seconds: number };

async function withinTime(coming: Promise<URLSearchParams>, time: number, signal: AbortSignal): Promise<InTime> {
  const over = new AbortController();
  const seconds = Math.round(time / 1000);
  const timeout = after(time, { seconds }, { signal: AbortSignal.any([over.signal, signal]) });
  try {
    return await Promise.race([coming.then((answer) => ({ answer })), timeout]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    over.abort();
    timeout.catch(() => undefined);
  }
}

/** `iss` (RFC 9207) before anything else, after `state`: an answer from elsewhere is not even believed in its errors. */
async function checked(asking: Asking, answer: URLSearchParams, state: string): Promise<URLSearchParams> {
  const { authorizationServer: server } = asking.discovered;
  const [iss, error] = [answer.get("iss"), answer.get("error")];
  if (iss === null ? server.authorization_response_iss_parameter_supported === true : iss !== server.issuer)
    throw wrongIssuer();
  if (error !== null) throw refused("the login", error, answer.get("error_description") ?? undefined);
  const oauth = await import("oauth4webapi");
  try {
    return oauth.validateAuthResponse(server, await clientOf(asking), answer, state);
  } catch {
    // What the library throws holds the code.
    throw refused("the login", "invalid_response");
  }
}
