import { bundleFiles } from "./store-linux.js";

/** Where authorities lie that no setting names: what the operating system makes its store of, and what inspectors' own programs install. */
export interface KnownPlaces {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** What Linux distributions make their store of; a file that lies there is in the store once `update-ca-certificates` or its like has run. */
const anchors = [
  "/usr/local/share/ca-certificates", // Debian, Ubuntu, Alpine
  "/etc/pki/ca-trust/source/anchors", // Fedora, RHEL
  "/etc/pki/trust/anchors", // openSUSE
  "/etc/ca-certificates/trust-source/anchors", // Arch
];

export function knownPlaces(platform: NodeJS.Platform): KnownPlaces {
  switch (platform) {
    case "darwin":
      return { files: ["/Library/Application Support/Netskope/STAgent/data/nscacert.pem"], directories: [] };
    case "win32":
      return { files: ["C:\\ProgramData\\Netskope\\STAgent\\data\\nscacert.pem"], directories: [] };
    default:
      return { files: ["/opt/netskope/stagent/data/nscacert.pem", ...bundleFiles], directories: anchors };
  }
}
