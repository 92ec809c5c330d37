/** What a WWW-Authenticate header says of a login by Bearer token. */
export interface BearerChallenge {
  readonly error?: string;
  readonly scope?: string;
  readonly resourceMetadata?: string;
}

/** Reads the Bearer challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1), beside which there may be others. */
export function readChallenge(header: string | null): BearerChallenge {
  const parameters = bearerParameters(header ?? "");
  const pick = (name: string): string | undefined => parameters.get(name);
  const [error, scope, resourceMetadata] = [pick("error"), pick("scope"), pick("resource_metadata")];
  return {
    ...(error !== undefined && { error }),
    ...(scope !== undefined && scope.trim() !== "" && { scope: scope.trim() }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
  };
}

function bearerParameters(header: string): Map<string, string> {
  const found = new Map<string, string>();
  let scheme = "";
  // A scheme is a word before a blank and a parameter, or before a comma or the end.
  const part =
    /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([\w!#$%&'*+.^`|~-]+)(?=\s|,|$))/gy;
  for (const [, name, quoted, plain, word] of header.matchAll(part)) {
    if (word !== undefined) scheme = word.toLowerCase();
    else if (scheme === "bearer" && name !== undefined && !found.has(name.toLowerCase()))
      found.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  return found;
}
