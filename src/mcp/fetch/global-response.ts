const withoutBody = new Set([204, 205, 304]);

/**
 * An answer as `globalThis.Response` has it, with another body. The MCP SDKs ask `instanceof Response` where they read OAuth errors: an answer
 * of another class (undici's own, or Node's where a program has replaced it) would turn `invalid_grant` into a JSON error.
 */
export function globalResponse(answer: Response, body: ReadableStream<Uint8Array> | null): Response {
  const { status, statusText, headers, url, redirected, type } = answer;
  // An opaque redirect, which no constructor makes: there is nothing to be read in it.
  if (status < 200) return answer;
  const made = new globalThis.Response(withoutBody.has(status) ? null : body, {
    status,
    statusText,
    // Not as they are: to another copy of undici these are no Headers.
    headers: [...headers.entries()],
  });
  // No constructor takes these, and relative redirects are resolved against the URL.
  return Object.defineProperties(made, {
    url: { value: url, configurable: true },
    redirected: { value: redirected, configurable: true },
    type: { value: type, configurable: true },
  });
}
