import { listed, plainValue } from "../assignments.js";
import type { ExportedSettings, ProxyEnd, Rendering, Target } from "../types.js";

/**
 * For ~/.npmrc, which pnpm reads as well. `${NAME}` in it stands for a variable, and so keeps the login out.
 * https://docs.npmjs.com/cli/configuring-npm/npmrc
 */
export const npmrc: Target = {
  render(exported) {
    const { proxy, files, version } = exported;
    const noProxy = plainValue(exported, "NO_PROXY");
    const ends = [
      { key: "https-proxy", variable: "HTTPS_PROXY", end: proxy.https },
      { key: "proxy", variable: "HTTP_PROXY", end: proxy.http },
    ].flatMap(({ key, variable, end }) =>
      end === undefined ? [] : [{ key, end, reference: reference(exported, end, variable) }],
    );
    const logins = [...new Set(ends.flatMap((each) => each.reference ?? []))];
    const settings = [
      ...ends.map((each) => [
        each.key,
        each.reference === undefined ? quoted(each.end.urlWithLogin ?? each.end.url) : `\${${each.reference}}`,
      ]),
      ...(noProxy === undefined ? [] : [["noproxy", quoted(noProxy)]]),
      ...(files.merged === undefined ? [] : [["cafile", quoted(files.merged)]]),
    ];
    const comments = [
      `; sallyport ${version}: network settings for npm and pnpm. For ~/.npmrc`,
      ...(logins.length === 0
        ? []
        : [
            `; Logins are not included: npm takes ${listed(logins)} from the environment, and fails where they are not set.`,
          ]),
    ];
    return {
      text: `${[...comments, ...settings.map(([name, value]) => `${name}=${value}`)].join("\n")}\n`,
      notes: certificateNotes(exported),
    };
  },
  undo: ({ proxy, files }): Rendering => {
    const keys = [
      ...(proxy.https === undefined ? [] : ["https-proxy"]),
      ...(proxy.http === undefined ? [] : ["proxy"]),
      ...(proxy.https === undefined && proxy.http === undefined ? [] : ["noproxy"]),
      ...(files.merged === undefined ? [] : ["cafile"]),
    ];
    return { text: `npm config delete --location=user ${keys.join(" ")}\n`, notes: [] };
  },
};

/** The variable that the login is taken from; undefined where there is none to hide. */
function reference({ assignments, heldBy }: ExportedSettings, end: ProxyEnd, variable: string): string | undefined {
  if (!end.login || end.urlWithLogin !== undefined) return undefined;
  const value = assignments.find(({ name }) => name === variable)?.value;
  return value?.kind === "secret" ? (heldBy.get(value.name) ?? value.name) : undefined;
}

/** JSON's quotes, which npm's reader of the format takes. A `${` that is none of ours is kept from being replaced. */
function quoted(text: string): string {
  const literal = text.replaceAll("${", "\\${");
  return /^[\w./:@,*-]+$/.test(text) ? text : JSON.stringify(literal);
}

function certificateNotes({ clientCertificate }: ExportedSettings): string[] {
  return clientCertificate === undefined
    ? []
    : [
        "npm takes client certificates only per registry (//host/:certfile and :keyfile, key not encrypted): they are left out",
      ];
}
