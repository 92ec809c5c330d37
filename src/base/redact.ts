import { looksSecret, looksSecretHost } from "./looks-secret.js";

/**
 * A URL, or what was meant to be one, as it may be shown: user name and password replaced. Tokens are passed as user
 * names as well as passwords, so neither is kept; nor are query and fragment, where signed URLs hold theirs, nor a path that
 * is more than names. Where it is not plain what is a login, more is hidden rather than less.
 */
export function redactUrl(text: string): string {
  const trimmed = text.trim();
  const scheme = /^[a-z][a-z0-9+.-]{0,15}:\/\//i.exec(trimmed)?.[0] ?? "";
  const rest = trimmed.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  const shown = (at === -1 ? rest : rest.slice(at + 1)).replace(/[?#].*$/s, "?…");
  // What is not a host and a port may well be a login whose `@` was forgotten.
  if (!/^(?:\[[0-9a-f:.%]+\]|[^\s:@/?#]*)(?::\d{0,5})?(?:\/[^@]*)?(?:\?…)?$/i.test(shown)) return `${scheme}…`;
  // Of all slashes the first decides: behind it everything is plain, or something is not.
  const plain = hideSecrets(shown.replace(/^([^/]*\/)(?![\w./~-]*(?:\?…)?$).*$/s, "$1…"));
  return `${scheme}${at === -1 ? "" : "***@"}${plain}`;
}

/** Tokens consist of the characters of names: a host or a part of a path that looks like one is not shown. */
function hideSecrets(shown: string): string {
  const [authority = "", ...path] = shown.split("/");
  const [host = ""] = authority.startsWith("[") ? [authority] : authority.split(":");
  const rest = authority.slice(host.length);
  return [`${looksSecretHost(host) ? "…" : host}${rest}`, ...path.map((part) => (looksSecret(part) ? "…" : part))].join(
    "/",
  );
}
