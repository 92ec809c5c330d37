import { delimiter, resolve } from "node:path";
import { inlinePem } from "../../base/inline-pem.js";
import type { System } from "../../base/system.js";
import { resolveSecret } from "../../policy/index.js";
import type { RunFlags } from "../program.js";

type Variables = Readonly<Record<string, string | undefined>>;
type Settings = Record<string, string | null>;

/**
 * What the flags say, as the variables that a Node child reads it from (null: unset, since it would count as well). Paths are absolute: a
 * child may have another working directory.
 */
export async function settingVariables(flags: RunFlags, variables: Variables, system: System): Promise<Settings> {
  const { proxy, noProxy, cacert = [], config, strict } = flags;
  const authorities = [...cacert.map(absolute), variables["SALLYPORT_CA_CERTS"] ?? ""];
  return {
    ...(proxy !== undefined && { ...inBothCases("HTTPS_PROXY", proxy), ...inBothCases("HTTP_PROXY", proxy) }),
    ...(noProxy !== undefined && inBothCases("NO_PROXY", noProxy)),
    ...(cacert.length > 0 && { SALLYPORT_CA_CERTS: authorities.filter((path) => path !== "").join(delimiter) }),
    ...(config !== undefined && { SALLYPORT_CONFIG: resolve(config) }),
    ...(strict === true && { SALLYPORT_STRICT: "1" }),
    ...certificate(flags),
    ...(await passphrase(flags, system)),
  };
}

/** A PEM text in place of a path is one everywhere. */
const absolute = (file: string): string => (inlinePem(file) === undefined ? resolve(file) : file);

/** Lower case wins over upper case, so that both have to be said. */
const inBothCases = (name: string, value: string): Settings => ({ [name]: value, [name.toLowerCase()]: value });

/** Certificate and key are of one source: nothing of the environment's is mixed with those of the flags. */
function certificate({ cert, key, pfx }: RunFlags): Settings {
  if (cert === undefined && key === undefined && pfx === undefined) return {};
  const given = { CERT: cert, KEY: key, PFX: pfx };
  const own = Object.entries(given).map(([part, path]) => [
    `SALLYPORT_CLIENT_${part}`,
    path === undefined ? null : absolute(path),
  ]);
  const others = [
    "SALLYPORT_CLIENT_KEY_PASSPHRASE",
    ...["CERT", "KEY", "KEY_PASSPHRASE"].map((part) => `CLAUDE_CODE_CLIENT_${part}`),
  ];
  return { ...Object.fromEntries(others.map((name) => [name, null])), ...Object.fromEntries(own) } as Settings;
}

async function passphrase({ passphraseFile, passphraseCommand, only }: RunFlags, system: System): Promise<Settings> {
  // What a command gives is kept by the gateway, where there is one: Node children go there.
  const ref =
    passphraseFile !== undefined
      ? ({ kind: "file", path: resolve(passphraseFile) } as const)
      : passphraseCommand !== undefined && only === "preload"
        ? ({ kind: "command", command: passphraseCommand } as const)
        : undefined;
  if (ref === undefined) return {};
  return { SALLYPORT_CLIENT_KEY_PASSPHRASE: (await resolveSecret(ref, system)).reveal() };
}
