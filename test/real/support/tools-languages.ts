import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./cache.js";
import { goClient, javaClient } from "./compiled-clients.js";
import { makeGradleProject } from "./gradle.js";
import { mavenProject } from "./maven.js";
import { versionOf, type Tool } from "./tool.js";
import { fetchSource } from "./tool-sources.js";

export function javascript(): Tool[] {
  const bun = runtime("bun", "1.4.5");
  return [
    {
      name: "Node fetch",
      asks: "echo",
      found: { version: process.versions.node },
      needsPreload: true,
      command: (origin, home) => [process.execPath, fetchFile(home), `${origin}/echo`],
    },
    {
      name: "Bun fetch",
      asks: "echo",
      found: "missing" in bun ? bun : versionOf([bun.path, "--version"]),
      command: (origin, home) => ["path" in bun ? bun.path : "bun", fetchFile(home), `${origin}/echo`],
    },
    deno(),
  ];
}

/** @param install where it is not there yet */
export function deno({ install = true }: { readonly install?: boolean } = {}): Tool {
  const found = runtime("deno", "2.9.6", install);
  return {
    name: "Deno fetch",
    asks: "echo",
    found: "missing" in found ? found : versionOf([found.path, "--version"]),
    command: (origin, home) => {
      const options = ["--quiet", "--no-config", "--allow-net"];
      return ["path" in found ? found.path : "deno", "run", ...options, fetchFile(home), `${origin}/echo`];
    },
    variables: () => ({ DENO_NO_UPDATE_CHECK: "1" }),
    leaksLogin: true,
  };
}

function fetchFile(home: string): string {
  const path = join(home, "client.mjs");
  writeFileSync(path, fetchSource);
  return path;
}

/** A runtime that npm has as a package, installed where it is not there yet. */
function runtime(
  name: string,
  version: string,
  install = true,
): { readonly path: string } | { readonly missing: string } {
  const folder = join(cache, `${name}-${version}`);
  const path = join(folder, "node_modules", ".bin", name);
  if (!existsSync(path)) {
    if (!install) return { missing: `${name} is not installed` };
    mkdirSync(folder, { recursive: true });
    const options = ["--prefix", folder, "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
    const { status } = spawnSync("npm", ["install", ...options, `${name}@${version}`], {
      stdio: "ignore",
      timeout: 120_000,
    });
    if (status !== 0) return { missing: `npm cannot install ${name}@${version} here` };
  }
  return { path };
}

export function go(): Tool {
  const client = goClient();
  return {
    name: "Go net/http",
    asks: "echo",
    found: client,
    command: (origin) => ["path" in client ? client.path : "go", `${origin}/echo`],
  };
}

/** With Ruby's own library, which reads a proxy from variables, and sends a login as it stands there: percent-encoded. */
export function ruby(): Tool {
  return {
    name: "Ruby",
    asks: "echo",
    found: versionOf(["ruby", "--version"]),
    ways: ["open", "run", "socks", "certificate"],
    command: (origin) => ["ruby", "-ropen-uri", "-e", "puts URI.open(ARGV[0]).read", `${origin}/echo`],
  };
}

const knownBehind = ["socks", "certificate"] as const;

export function java(): Tool[] {
  const built = javaClient();
  return ["HttpClient", "HttpsURLConnection"].map((client) => ({
    name: `Java ${client}`,
    asks: "echo",
    found: built,
    withoutLogin: true,
    // It is known by its user, and by the gateway of `run` alone.
    ways: process.platform === "linux" ? ["open", "run", ...(client === "HttpClient" ? knownBehind : [])] : ["open"],
    command: (origin) => ["java", "-cp", "path" in built ? built.path : ".", "Client", `${origin}/echo`, client],
  }));
}

/** On Java: they start slowly, and are known by their user, as Java's clients are. */
export function buildTools(): Tool[] {
  return [
    {
      name: "Maven",
      asks: "files",
      settings: {
        format: "maven",
        holdsLogin: true,
        put: [
          'mkdir -p "$HOME/.m2"',
          'cp "$HOME/settings" "$HOME/.m2/settings.xml"',
          `sed -n 's/^<!-- ~\\/.mavenrc: \\(.*\\) -->$/\\1/p' "$HOME/settings" > "$HOME/.mavenrc"`,
          // Java takes the home folder from the system's list of users.
          'export MAVEN_OPTS="-Duser.home=$HOME"',
        ].join(" && "),
      },
      found: versionOf(["mvn", "--version"]),
      command: (origin, home) => {
        const project = join(home, "pom.xml");
        writeFileSync(project, mavenProject(origin));
        const options = ["--batch-mode", "--quiet", "--define", `maven.repo.local=${join(home, "m2")}`];
        return ["mvn", ...options, "--file", project, "validate"];
      },
      // This one has the login as well.
      ways: process.platform === "linux" ? ["certificate"] : [],
    },
    {
      name: "Gradle",
      asks: "files",
      settings: {
        format: "gradle",
        holdsLogin: true,
        put: 'mkdir -p "$HOME/gradle-home" && cp "$HOME/settings" "$HOME/gradle-home/gradle.properties"',
      },
      found: versionOf(["gradle", "--version"], /(?<=Gradle )\d+[\d.]*/),
      command: (origin, home) => {
        const project = join(home, "gradle");
        makeGradleProject(project, origin);
        const options = ["--no-daemon", "--quiet", "--gradle-user-home", join(home, "gradle-home")];
        return ["gradle", ...options, "--project-dir", project, "fetch"];
      },
      // It takes longer than tools have beside each other: the coverage matrix sends it out.
      ways: [],
    },
  ];
}
