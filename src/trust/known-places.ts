import { posix, win32 } from "node:path";
import { dataFolderPath, folderIn, type DataFolderLocation } from "../env/index.js";
import { bundleFiles } from "./store-linux.js";

/** Where authorities lie that no setting names: what the operating system makes its store of, and what inspectors' own programs install. */
export interface KnownPlaces {
  readonly files: readonly string[];
  readonly directories: readonly string[];
  /** A certificate of this name in each folder of another one. */
  readonly each: readonly { readonly folder: string; readonly file: string }[];
}

/** What Linux distributions make their store of; a file that lies there is in the store once `update-ca-certificates` or its like has run. */
const anchors = [
  "/usr/local/share/ca-certificates", // Debian, Ubuntu, Alpine
  "/etc/pki/ca-trust/source/anchors", // Fedora, RHEL
  "/etc/pki/trust/anchors", // openSUSE
  "/etc/ca-certificates/trust-source/anchors", // Arch
];

/** What is installed for all users. */
const ofMachine = {
  linux: [
    "/opt/netskope/stagent/data/nscacert.pem",
    "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt", // Caddy as Debian's and Fedora's service
    ...bundleFiles,
  ],
  darwin: ["/Library/Application Support/Netskope/STAgent/data/nscacert.pem"],
  win32: ["C:\\ProgramData\\Netskope\\STAgent\\data\\nscacert.pem"],
} as const;

/**
 * What programs keep in a user's folders whose authority signs for others: proxies for developers, and tools that make certificates for a
 * machine or a team. Certificates alone, by their names: mitmproxy-ca.pem, mkcert's rootCA-key.pem and Charles' .p12 hold the keys, and are never
 * opened. Burp, ZAP and Fiddler Classic keep theirs in one store with the key, and a person chooses where an exported one lies.
 *
 * `{data}` is the folder that the platform has for this, in which ours lies, too; `{roaming}` that which moves with a user of Windows.
 * A row of a variable that is not set is none. `*` is any folder.
 */
const ofUser: Readonly<Record<"all" | "linux" | "darwin" | "win32", readonly string[]>> = {
  all: [
    "{home}/.mitmproxy/mitmproxy-ca-cert.pem",
    "{CAROOT}/rootCA.pem", // mkcert
    "{data}/mkcert/rootCA.pem",
    "{STEPPATH}/certs/root_ca.crt",
    "{STEPPATH}/authorities/*/certs/root_ca.crt",
    "{home}/.step/certs/root_ca.crt",
    "{home}/.step/authorities/*/certs/root_ca.crt",
    "{home}/Desktop/FiddlerRootCertificate.crt", // Fiddler Everywhere exports it there, as DER
  ],
  linux: ["{data}/caddy/pki/authorities/*/root.crt", "{home}/.charles/ca/charles-proxy-ssl-proxying-certificate.pem"],
  darwin: ["{data}/Caddy/pki/authorities/*/root.crt", "{data}/Charles/ca/charles-proxy-ssl-proxying-certificate.pem"],
  win32: [
    "{roaming}/Caddy/pki/authorities/*/root.crt",
    "{roaming}/Charles/ca/charles-proxy-ssl-proxying-certificate.pem",
    "{home}/Desktop/FiddlerRoot.cer", // Fiddler Classic, exported by its menu
  ],
};

export function knownPlaces(location: DataFolderLocation): KnownPlaces {
  const platform = location.platform === "darwin" || location.platform === "win32" ? location.platform : "linux";
  const { normalize } = platform === "win32" ? win32 : posix;
  const files: string[] = [];
  const each: KnownPlaces["each"][number][] = [];
  for (const row of [...ofUser.all, ...ofUser[platform]]) {
    const path = filledIn(row, location);
    if (path === undefined) continue;
    const [folder = "", file] = path.split("/*/");
    if (file === undefined) files.push(normalize(folder));
    else each.push({ folder: normalize(folder), file: normalize(file) });
  }
  return {
    files: [...ofMachine[platform], ...new Set(files)],
    directories: platform === "linux" ? anchors : [],
    each,
  };
}

function filledIn(row: string, location: DataFolderLocation): string | undefined {
  const [, name = "", rest = ""] = /^\{(\w+)\}(.*)$/.exec(row) ?? [];
  const folder = folderOf(name, location);
  return folder === undefined ? undefined : folder + rest;
}

function folderOf(name: string, location: DataFolderLocation): string | undefined {
  switch (name) {
    case "home":
      return location.home;
    case "data":
      return (location.platform === "win32" ? win32 : posix).dirname(dataFolderPath(location));
    case "roaming":
      return folderIn("APPDATA", location) ?? win32.join(location.home, "AppData", "Roaming");
    default:
      return folderIn(name, location);
  }
}
