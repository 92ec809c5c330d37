import { createPrivateKey, webcrypto, type JsonWebKey, type KeyObject } from "node:crypto";
import type { AuthorizationServer, ClientAuth, PrivateKey } from "oauth4webapi";
import { badKey } from "./faults.js";
import type { LoginOptions, RegisteredClient } from "./types.js";

/**
 * How a token request says who asks.
 * @throws {ConnectError} KEY_FILE_INVALID for a key that cannot sign
 */
export async function proofOf(
  { method, secret }: RegisteredClient,
  options: LoginOptions,
  server: AuthorizationServer,
): Promise<ClientAuth> {
  const oauth = await import("oauth4webapi");
  const own = async (): Promise<string> => secret ?? (await options.clientSecret?.())?.reveal() ?? "";
  switch (method) {
    case "client_secret_basic":
      return basic(await own());
    case "client_secret_post":
      return oauth.ClientSecretPost(await own());
    case "private_key_jwt":
      return oauth.PrivateKeyJwt(await privateKey((await options.clientKey?.())?.reveal() ?? "", server));
    default:
      return oauth.TlsClientAuth();
  }
}

/**
 * RFC 6749 section 2.3.1. Not the library's, which writes `-` as `%2D`: right, and yet many servers compare what they get without
 * decoding it.
 */
function basic(secret: string): ClientAuth {
  const coded = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2);
  return (_server, client, _body, headers) => {
    const both = `${coded(client.client_id)}:${coded(secret)}`;
    headers.set("authorization", `Basic ${Buffer.from(both).toString("base64")}`);
  };
}

async function privateKey(text: string, server: AuthorizationServer): Promise<PrivateKey> {
  let key: KeyObject;
  let kid: string | undefined;
  try {
    const jwk = text.trimStart().startsWith("{") ? (JSON.parse(text) as JsonWebKey & { kid?: string }) : undefined;
    key = jwk === undefined ? createPrivateKey(text) : createPrivateKey({ key: jwk, format: "jwk" });
    kid = jwk?.kid;
  } catch {
    // What Node says may quote the key.
    throw badKey();
  }
  const algorithm = algorithmOf(key, server.token_endpoint_auth_signing_alg_values_supported ?? []);
  if (algorithm === undefined) throw badKey();
  const der = key.export({ type: "pkcs8", format: "der" });
  const imported = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]).catch(() => {
    throw badKey();
  });
  return { key: imported, ...(kid !== undefined && { kid }) };
}

function algorithmOf(key: KeyObject, offered: readonly string[]): webcrypto.EcKeyImportParams | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa" || type === "rsa-pss") {
    const isPss = type === "rsa-pss" || (offered.includes("PS256") && !offered.includes("RS256"));
    return { name: isPss ? "RSA-PSS" : "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as unknown as webcrypto.EcKeyImportParams;
  }
  if (type === "ed25519") return { name: "Ed25519" } as webcrypto.EcKeyImportParams;
  const namedCurve = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }[details?.namedCurve ?? ""];
  return type === "ec" && namedCurve !== undefined ? { name: "ECDSA", namedCurve } : undefined;
}
