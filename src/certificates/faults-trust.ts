import { ConnectError } from "../base/errors.js";

// What keeps a certificate from being trusted, and what a person should know before he trusts it.

const local = { hop: "local" } as const;

export function brokenBundle(path: string, line: number): ConnectError {
  return new ConnectError("CA_FILE_INVALID", {
    ...local,
    message: `${path}, line ${line}: something that is not a certificate, which would be lost if the file were written again`,
    remedy: "take that out of the file, or remove the file and add the authorities again",
  });
}

/** `issuer`: who signed it. */
export function leafAlone(name: string, issuer: string, place: string): ConnectError {
  return new ConnectError("CA_NOT_AN_AUTHORITY", {
    ...local,
    severity: "error",
    message: `${place}: ${name} is not an authority, so nothing would be trusted by it`,
    remedy: `add the certificate of the authority that signed it, "${issuer}", or the root above that: whoever runs the server has it`,
  });
}

export function maySignNothing(name: string, place: string): ConnectError {
  return new ConnectError("CA_NOT_AN_AUTHORITY", {
    ...local,
    severity: "error",
    message: `${place}: ${name} may not sign certificates (its key usage), so nothing would be trusted by it`,
    remedy: "ask whoever runs the authority for the certificate that signs those of servers",
  });
}

export function authorityExpired(name: string, end: string, place: string): ConnectError {
  return new ConnectError("CA_EXPIRED", {
    ...local,
    severity: "error",
    message: `${place}: ${name} expired on ${end}, so nothing would be trusted by it`,
    remedy: "ask whoever runs the authority for its current certificate",
  });
}

export function noRootShown(host: string, last: string, root: string): ConnectError {
  return new ConnectError("TLS_CHAIN_INCOMPLETE", {
    hop: "target",
    message: `${host} does not send its root: the chain ends at "${last}", which "${root}" issued`,
    remedy: `get the certificate of "${root}" from whoever runs it, and add that file: sallyport trust add FILE`,
  });
}

export const isNoAuthority = (): string =>
  "it is not an authority: it vouches for itself alone, and has to be added again when it is renewed";

export const isIntermediate = (issuer: string): string =>
  `it is an intermediate: programs trust it only where "${issuer}", which issued it, is trusted as well`;

export const namesake = (): string =>
  "an authority of this very name is trusted already, and has another key: it was renewed, or this one imitates it";
