/** One way in that a proxy offers. */
export interface Challenge {
  /** The scheme as the proxy writes it. */
  readonly name: string;
  /** The same in lower case. */
  readonly scheme: string;
  /** What NTLM and Negotiate send along; undefined where there is none. */
  readonly token: string | undefined;
  /** Names in lower case; of a repeated one the first counts. */
  readonly params: ReadonlyMap<string, string>;
}

/** More than any proxy has to offer. The field itself is bounded by the limit on a head. */
const mostChallenges = 32;

const schemeName = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]+(.*))?$/s;
const param = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"?|[^\s"=,][^\s",]*)?$/s;
const token68 = /^[0-9A-Za-z\-._~+/]+=*$/;

/**
 * All challenges of a `Proxy-Authenticate` or `WWW-Authenticate` field (RFC 9110 section 11.6.1), of several fields when they are joined by commas.
 * What cannot be read is left out: the others may still be of use. Takes time in proportion to the length of the field.
 */
export function parseChallenges(field: string): readonly Challenge[] {
  const found: { name: string; token: string | undefined; params: Map<string, string> }[] = [];
  for (const item of listItems(field)) {
    const last = found.at(-1);
    const own = param.exec(item);
    // `a = b` continues the challenge before it, and so does `a=`; `NTLM` and `NTLM abc=` begin one.
    if (own !== null && last !== undefined) {
      setParam(last.params, own);
      continue;
    }
    const begun = own === null ? schemeName.exec(item) : null;
    if (begun === null || found.length === mostChallenges) continue;
    const [, name = "", rest = ""] = begun;
    const params = new Map<string, string>();
    const first = param.exec(rest);
    const isToken = token68.test(rest) && (first === null || first[2] === undefined);
    if (first !== null && !isToken) setParam(params, first);
    found.push({ name, token: isToken ? rest : undefined, params });
  }
  return found.map((each) => ({ ...each, scheme: each.name.toLowerCase() }));
}

function setParam(params: Map<string, string>, [, name = "", value = ""]: readonly (string | undefined)[]): void {
  const key = name.toLowerCase();
  if (!params.has(key)) params.set(key, value.startsWith('"') ? unquote(value) : value);
}

function unquote(value: string): string {
  const end = value.length > 1 && value.endsWith('"') ? -1 : undefined;
  return value.slice(1, end).replace(/\\(.)/gs, "$1");
}

/** Split at the commas outside quoted strings; a string that is not closed goes to the end. */
function listItems(field: string): readonly string[] {
  const items: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= field.length; at++) {
    const char = field[at];
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (at >= field.length || (char === "," && !quoted)) {
      items.push(field.slice(start, at).trim());
      start = at + 1;
    }
  }
  if (start <= field.length && quoted) items.push(field.slice(start).trim());
  return items.filter((item) => item !== "");
}
