import type { IdentitySpec, Source } from "../policy/types.js";
import { settingName } from "../policy/index.js";

/** What a person calls the settings of one identity, also those that are not set: a remedy has to name them. */
export interface SettingNames {
  readonly cert: string;
  readonly key: string;
  readonly pfx: string;
  readonly passphrase: string;
}

type Part = keyof SettingNames;

const variableEnds: Readonly<Record<Part, string>> = {
  cert: "_CERT",
  key: "_KEY",
  pfx: "_PFX",
  passphrase: "_KEY_PASSPHRASE",
};

/** Names are derived from whichever setting is there: beside CLAUDE_CODE_CLIENT_CERT the key is CLAUDE_CODE_CLIENT_KEY. */
export function settingNames(spec: IdentitySpec, prefix: string): SettingNames {
  const name = (part: Part): string => {
    const own = spec[part];
    if (own !== undefined) return settingName(own.source);
    for (const other of ["cert", "key", "pfx", "passphrase"] as const) {
      const derived = deriveName(spec[other]?.source, other, part, prefix);
      if (derived !== undefined) return derived;
    }
    return `${prefix}${spec.name === "proxy" ? "_PROXY" : ""}_CLIENT${variableEnds[part]}`;
  };
  return { cert: name("cert"), key: name("key"), pfx: name("pfx"), passphrase: name("passphrase") };
}

function deriveName(source: Source | undefined, from: Part, to: Part, prefix: string): string | undefined {
  if (source?.kind === "variable" && source.name.endsWith(variableEnds[from])) {
    const stem = source.name.slice(0, -variableEnds[from].length);
    // Other tools' variables know no PKCS#12.
    return to === "pfx" && !stem.startsWith(`${prefix}_`) ? undefined : `${stem}${variableEnds[to]}`;
  }
  if (source?.kind === "file" && source.pointer.endsWith(`/${from}`)) {
    return settingName({ ...source, pointer: `${source.pointer.slice(0, -from.length)}${to}` });
  }
  if (source?.kind === "option" && source.name.toLowerCase().endsWith(from)) {
    const capital = /[A-Z]/.test(source.name.charAt(source.name.length - from.length));
    const ending = capital ? `${to.charAt(0).toUpperCase()}${to.slice(1)}` : to;
    return settingName({ ...source, name: `${source.name.slice(0, -from.length)}${ending}` });
  }
  return undefined;
}
