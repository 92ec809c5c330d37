import { percentDecoded } from "../../base/percent.js";
import { singleQuoted } from "../../base/quote-path.js";
import { plainValue } from "../assignments.js";
import type { ExportedSettings, Rendering, Target } from "../types.js";

/** Where a text goes, which decides how it is put there and taken away again. */
export type Place =
  /** Behind what a file of the user's holds already. */
  | { readonly kind: "part"; readonly path: string }
  /** A file of its own that root writes. What it names lies where every user can read it. */
  | { readonly kind: "own"; readonly path: string; readonly afterwards?: string }
  /** A file of its own of the user's. */
  | { readonly kind: "mine"; readonly path: string }
  /** By hand, in words. */
  | { readonly kind: "hand"; readonly where: string };

/** What goes into the lines. */
export interface LineValues {
  readonly proxy?: {
    readonly host: string;
    readonly port: string;
    /** With the login where that was asked for. */
    readonly url: string;
    readonly login?: { readonly username: string; readonly password: string };
  };
  /** The entries of NO_PROXY: `.corp` names sub-domains too. */
  readonly noProxy: readonly string[];
  /** PEM of all authorities. */
  readonly authorities?: string;
  readonly truststore?: string;
}

/** A tool whose settings are lines of a file. */
export interface LinesTool {
  /** As people write it. */
  readonly name: string;
  readonly place: Place;
  /** What is around a comment. Default: `# `. */
  readonly comment?: readonly [before: string, after: string];
  /** It reads the variables where its file names no proxy, so that a login is left to them. */
  readonly readsVariables?: true;
  lines(values: LineValues): readonly string[];
  /** More to say above the lines, on where the authorities are to go, say. */
  comments?(exported: ExportedSettings): readonly string[];
}

const forAll = "/etc/sallyport/authorities.pem";

export function linesTarget(format: string, tool: LinesTool): Target {
  const { name, place, comment: [before, after] = ["# ", ""] } = tool;
  const say = (text: string): string => `${before}${text}${after}`;
  return {
    render(exported) {
      const { values, comments, notes } = fill(exported, tool);
      const head = `sallyport ${exported.version}: network settings for ${name}. ${use(format, place)}`;
      const lines = [
        ...[head, ...copied(exported, place), ...comments, ...(tool.comments?.(exported) ?? [])].map(say),
        ...tool.lines(values),
        ...(place.kind === "part" ? [say("sallyport: end")] : []),
      ];
      return { text: `${lines.join("\n")}\n`, notes };
    },
    undo: () => undoing(place, { start: `^${before}sallyport [^:]*: `, end: `^${before}sallyport: end` }),
  };
}

function use(format: string, place: Place): string {
  const print = `sallyport env --for ${format}`;
  switch (place.kind) {
    case "part":
      return `To use it: ${folderFor(place.path)}${print} >> ${place.path}`;
    case "mine":
      return `To use it: ${folderFor(place.path)}${print} > ${place.path}`;
    case "own":
      return `To use it: ${folderFor(place.path, "sudo ")}${print} | sudo tee ${place.path} > /dev/null${then(place)}`;
    case "hand":
      return `For ${place.where}`;
  }
}

/** Of a path below the home, or of a drop-in: those of others are there as soon as the tool is. */
const folderFor = (path: string, sudo = ""): string =>
  /^~\/.*\/|\.d\/[^/]*$/.test(path) && !path.startsWith('"')
    ? `${sudo}mkdir -p ${path.slice(0, path.lastIndexOf("/"))} && `
    : "";

const then = (place: Place): string =>
  place.kind === "own" && place.afterwards !== undefined ? ` && ${place.afterwards}` : "";

function undoing(place: Place, { start, end }: { readonly start: string; readonly end: string }): Rendering {
  switch (place.kind) {
    case "part": {
      // A copy would keep a login that had been written out.
      const cut = `sed -i.sallyport '/${start.replaceAll("/", "\\/")}/,/${end.replaceAll("/", "\\/")}/d' ${place.path}`;
      return { text: `${cut} && rm -f ${place.path}.sallyport\n`, notes: [] };
    }
    case "mine":
      return { text: `rm -f ${place.path}\n`, notes: [] };
    case "own":
      return {
        text: `sudo rm -f ${place.path}${then(place)}\n# Others may name it: sudo rm -f ${forAll}\n`,
        notes: [],
      };
    case "hand":
      return { text: `# Remove what was put there: ${place.where}\n`, notes: [] };
  }
}

/** What the user alone can read is of no use to a daemon, nor to a download by another user. */
function copied({ files: { merged } }: ExportedSettings, place: Place): string[] {
  if (place.kind !== "own" || merged === undefined) return [];
  return [`The authorities, for every user to read: sudo install -D -m 644 ${singleQuoted(merged)} ${forAll}`];
}

interface Filled {
  readonly values: LineValues;
  readonly comments: readonly string[];
  readonly notes: readonly string[];
}

function fill(exported: ExportedSettings, tool: LinesTool): Filled {
  const { files } = exported;
  const authorities = files.merged === undefined ? undefined : tool.place.kind === "own" ? forAll : files.merged;
  const { proxy, comments = [], notes = [] } = proxyFor(exported, tool);
  const values: LineValues = {
    noProxy:
      proxy === undefined ? [] : (plainValue(exported, "NO_PROXY") ?? "").split(",").filter((text) => text !== ""),
    ...(proxy !== undefined && { proxy }),
    ...(authorities !== undefined && { authorities }),
    ...(files.truststore !== undefined && { truststore: files.truststore }),
  };
  return { values, comments, notes };
}

interface ProxyFor {
  readonly proxy?: LineValues["proxy"];
  readonly comments?: readonly string[];
  readonly notes?: readonly string[];
}

function proxyFor(exported: ExportedSettings, { name, readsVariables }: LinesTool): ProxyFor {
  const end = exported.proxy.https ?? exported.proxy.http;
  if (end === undefined) return {};
  const url = new URL(end.urlWithLogin ?? end.url);
  if (url.protocol !== "http:")
    return {
      notes: [
        `${name} can use no proxy by ${url.protocol}//, so that none is named: start sallyport gateway, and pass its URL with --gateway`,
      ],
    };
  const hidden = end.login && end.urlWithLogin === undefined;
  if (hidden && readsVariables === true)
    return {
      comments: [
        "The proxy has a login, which is not written here: it is taken from https_proxy, as long as no proxy is named here.",
      ],
    };
  const [username, password] = [url.username, url.password].map(percentDecoded);
  const login =
    username === undefined || password === undefined || username === "" || /\p{Cc}/u.test(username + password)
      ? undefined
      : { username, password };
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    // The default port is not in the text of a URL.
    proxy: { host, port: url.port === "" ? "80" : url.port, url: url.href.replace(/\/$/, ""), ...(login && { login }) },
    comments: hidden
      ? [
          "The proxy's login is not included: --secrets writes it out. A sallyport gateway (--gateway) knows your own programs without one, on Linux.",
        ]
      : login === undefined
        ? []
        : ["It holds the proxy's login: keep the file to yourself."],
  };
}
