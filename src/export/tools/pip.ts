import type { ExportedSettings, Rendering, Target } from "../types.js";

/** For pip.conf (pip.ini on Windows), which can refer to no variable. https://pip.pypa.io/en/stable/topics/configuration/ */
export const pip: Target = {
  render(exported) {
    const { files, version } = exported;
    const end = exported.proxy.https ?? exported.proxy.http;
    const url = end?.urlWithLogin ?? (end?.login === true ? undefined : end?.url);
    const lines = [
      ...(url === undefined ? [] : [`proxy = ${url}`]),
      ...(files.merged === undefined ? [] : [`cert = ${files.merged}`]),
    ];
    const comments = [
      `# sallyport ${version}: network settings for pip. For the file that \`pip config debug\` names for your user.`,
      ...(end !== undefined && url === undefined
        ? [
            "# The proxy has a login, to which this file cannot refer: pip takes the proxy from HTTPS_PROXY, as long as none is named here.",
          ]
        : []),
    ];
    return { text: `${[...comments, "[global]", ...lines].join("\n")}\n`, notes: certificateNotes(exported) };
  },
  undo(exported): Rendering {
    const end = exported.proxy.https ?? exported.proxy.http;
    const keys = [
      ...(end === undefined || (end.login && end.urlWithLogin === undefined) ? [] : ["proxy"]),
      ...(exported.files.merged === undefined ? [] : ["cert"]),
    ];
    return { text: `${keys.map((key) => `pip config --user unset global.${key}`).join("\n")}\n`, notes: [] };
  },
};

function certificateNotes({ clientCertificate }: ExportedSettings): string[] {
  return clientCertificate === undefined
    ? []
    : ["pip takes a client certificate and its key from one file, without a passphrase: it is left out"];
}
