/** No host name is longer (RFC 1035 section 2.3.4), and no name that a person gives. */
const longestName = 253;

// The beginnings that vendors give their tokens, so that they can be found where they do not belong; and HTTP's words for logins.
const tokenStart =
  /^(?:sk-(?:ant|proj|or|svcacct|admin)-|[srp]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|(?:npm|hf)_\w{16}|pypi-\w{16}|A[KS]IA[A-Z0-9]{12}|AIza\w{16}|ya29\.|SG\.[\w-]{16}|eyJ[\w-]{8,}\.|(?:bearer|basic)\s)/i;
const pemMarker = /(?<!-)-{2,}\s*(?:BEGIN|END) [A-Z0-9 ]+|PRIVATE KEY/;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f]/;
const login = /^[^/\s]*:[^/\s]*@|:\/\/[^/]*@/;

/**
 * Whether a text that stands where a path, a host, a name or a number belongs may be a secret that was put into the wrong place: a
 * key, a token, a login, a text of several lines. Such a value is not shown. Where it is in doubt, it is one.
 */
export function looksSecret(text: string): boolean {
  return (
    text.length > longestName ||
    control.test(text) ||
    pemMarker.test(text) ||
    login.test(text) ||
    startsAsToken(text) ||
    looksRandom(text)
  );
}

/**
 * The same for a host: its names are found in many places on the way. The names of clouds' machines hold long numbers, yet never
 * stand alone.
 */
export function looksSecretHost(text: string): boolean {
  const dotted = /^(?:[\w-]{1,63}\.)+[a-z][\w-]{0,62}\.?$/i.test(text);
  return dotted ? startsAsToken(text) || text.length > longestName : looksSecret(text);
}

/** Tokens of well-known makers, and logins as HTTP's headers have them. */
export function startsAsToken(text: string): boolean {
  return tokenStart.test(text);
}

/** Hexadecimal or base64 rather than words: digits and letters take turns too often. */
export function looksRandom(text: string): boolean {
  return text.split(/[^A-Za-z0-9]+/).some((run) => {
    if (/^[0-9a-f]{32,}$/i.test(run)) return true;
    const turns = run.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
    return run.length >= 16 && turns >= 4;
  });
}
