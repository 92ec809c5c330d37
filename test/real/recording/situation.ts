import type { Place, Scene, Setting } from "../../e2e/catalogue/support/scene.js";

/** A client certificate, as other programs are given one. */
export interface ClientFiles {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly pfx?: string | undefined;
  readonly passphrase?: string | undefined;
}

/** A scene of the catalogue, as programs other than sallyport can be put into it. */
export interface Situation {
  readonly url: string;
  /** Proxies and what Node reads, under the names that programs have in common. */
  readonly variables: Readonly<Record<string, string>>;
  /** The proxy of the URL, by these variables. */
  readonly proxy: string | undefined;
  /** The file of authorities: each program has a variable or an option of its own for it. */
  readonly authorities: string | undefined;
  readonly client: ClientFiles | undefined;
  /** Does what the resolver of the scene does. */
  readonly setting: Setting;
}

/** Settings that no other program has, and why it has none. */
const ownAlone: Readonly<Record<string, string>> = {
  SALLYPORT_CONFIG: "sallyport's own configuration file: no other program reads it",
  SALLYPORT_PAC_URL: "none of these programs reads a PAC file: they go direct, or by the variables",
};

/** Why the scene has no counterpart in other programs, or the situation that they are put into. */
export async function situationOf(scene: Scene, place: Place): Promise<Situation | string> {
  const setting = await scene.make(place);
  const { variables, options } = setting;
  const own = Object.keys(ownAlone).find((name) => name in variables);
  if (own !== undefined) return ownAlone[own] ?? own;
  if (options?.passphrase !== undefined) return "none of these programs takes a passphrase from a command";
  const client = clientFiles(variables);
  // Settings are judged before anything is sent. Other programs say something of a client certificate only where one is asked for.
  const asked = client === undefined || scene.hop !== undefined ? setting.url : (await required(place)).directUrl;
  const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "NO_PROXY"].filter((name) => name in variables);
  return {
    url: asked,
    variables: {
      ...bothCases(Object.fromEntries(proxies.map((name) => [name, variables[name] ?? ""]))),
      ...only(variables, "NODE_TLS_REJECT_UNAUTHORIZED"),
    },
    proxy: variables["https_proxy"] ?? variables["HTTPS_PROXY"],
    authorities: variables["SSL_CERT_FILE"] ?? variables["NODE_EXTRA_CA_CERTS"],
    client,
    setting: { ...setting, url: asked },
  };
}

function required(place: Place): ReturnType<Place["origin"]> {
  return place.origin({ clientCertificate: "required" });
}

function clientFiles(variables: Readonly<Record<string, string>>): ClientFiles | undefined {
  const files = {
    cert: variables["SALLYPORT_CLIENT_CERT"],
    key: variables["SALLYPORT_CLIENT_KEY"],
    pfx: variables["SALLYPORT_CLIENT_PFX"],
    passphrase: variables["SALLYPORT_CLIENT_KEY_PASSPHRASE"],
  };
  return Object.values(files).some((value) => value !== undefined) ? files : undefined;
}

/** Some read the one, some the other; where a scene sets both, they stay as they are. */
function bothCases(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const lower = Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...Object.fromEntries(lower), ...variables };
}

function only(variables: Readonly<Record<string, string>>, name: string): Readonly<Record<string, string>> {
  const value = variables[name];
  return value === undefined ? {} : { [name]: value };
}
