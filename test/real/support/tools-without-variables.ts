import { aptUpdate } from "./apt.js";
import { podmanPull } from "./image.js";
import { findProgram } from "./programs.js";
import { versionOf, type Tool } from "./tool.js";
import { chromiumSource, phpSource } from "./tool-sources.js";

/** They read a proxy from variables, and their authorities from a setting of their own. */
export function withoutVariables(): Tool[] {
  return [
    {
      name: "lftp",
      asks: "echo",
      found: versionOf(["lftp", "--version"]),
      command: (origin) => [
        "sh",
        "-c",
        `exec lftp -c "set ssl:ca-file $SSL_CERT_FILE; set net:max-retries 1; cat ${origin}/echo"`,
      ],
      ways: ["run", "socks", "certificate"],
    },
    {
      name: "apt",
      asks: "files",
      found: versionOf(["apt-get", "--version"]),
      command: (origin, home) => ["sh", "-c", aptUpdate(origin, home)],
      leaksLogin: true,
      ways: ["run"],
    },
    {
      name: "aria2",
      asks: "echo",
      found: versionOf(["aria2c", "--version"]),
      settings: { format: "aria2" },
      command: (origin) => [
        "aria2c",
        "--console-log-level=error",
        "--summary-interval=0",
        "--max-tries=1",
        `${origin}/echo`,
      ],
      ways: [],
    },
    ...(["hg", "svn"] as const).map(versionControl),
    {
      name: "podman",
      asks: "files",
      found: versionOf(["podman", "--version"]),
      // Root's podman reads the system's file in place of the user's.
      settings: { format: "podman", variable: "CONTAINERS_CONF" },
      command: podmanPull,
      ways: ["run", "open"],
    },
    {
      name: "Chromium",
      asks: "echo",
      found: findProgram("certutil") === undefined ? { missing: "certutil" } : versionOf(["chromium", "--version"]),
      command: (origin, home) => ["sh", "-c", chromiumSource, `${origin}/echo`, home],
      // It presents no login, and is known by its user.
      ways: process.platform === "linux" ? ["socks", "certificate"] : [],
    },
    {
      name: "PHP's curl",
      asks: "echo",
      found: versionOf(["php", "-r", "echo curl_version() ? PHP_VERSION : '';"]),
      command: (origin) => ["php", "-r", phpSource, `${origin}/echo`],
    },
  ];
}

/** The answer is none of a repository's: what is looked for is that it has come, in the words by which each says what is wrong with it. */
function versionControl(program: "hg" | "svn"): Tool {
  // Where sallyport has kept them for it.
  const authorities =
    'for file in "$XDG_DATA_HOME"/sallyport/authorities-*.pem; do [ ! -e "$file" ] || export SSL_CERT_FILE="$file"; done';
  const asks = program === "hg" ? "hg identify" : "svn info --non-interactive";
  const says = program === "hg" ? "does not appear to be an hg repository" : "E175003\\|E170003\\|E170013.*E175";
  return {
    name: program === "hg" ? "Mercurial" : "Subversion",
    asks: "echo",
    found: versionOf([program, "--version"]),
    settings: { format: program },
    command: (origin) => [
      "sh",
      "-c",
      `${program === "svn" ? `${authorities}; ` : ""}said=$(${asks} ${origin}/echo 2>&1); echo "$said"; echo "$said" | grep -q '${says}'`,
    ],
    ways: [],
  };
}
