import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "./cache.js";
import { mavenProject } from "./maven.js";
import { findProgram } from "./programs.js";
import { pythonClients } from "./python-clients.js";
import {
  cargoManifest,
  chromiumSource,
  fetchSource,
  goSource,
  javaSource,
  phpSource,
  requestsSource,
  urllibSource,
} from "./tool-sources.js";

export interface Tool {
  readonly name: string;
  /** What `sallyport env --for` calls its settings file, and the variable that names that file: without one, it is put where the text says. */
  readonly settings?: { readonly format: string; readonly variable?: string };
  /** What is asked: one answer of the lab's origin, or the files of a registry. */
  readonly asks: "echo" | "files";
  /** Its version, or why it is not here. */
  readonly found: { readonly version: string } | { readonly missing: string };
  /** @param home a folder of its own, which is its home as well */
  command(origin: string, home: string): readonly string[];
  readonly variables?: (origin: string, home: string) => Record<string, string>;
  /** Node's own clients take no proxy from variables: they need the preload. */
  readonly needsPreload?: boolean;
  /** A defect of its own: it sends the proxy's login to the server as well, inside the tunnel. */
  readonly leaksLogin?: boolean;
  /** The ways that are tried. Default: all. */
  readonly ways?: readonly ("open" | "run" | "env" | "socks" | "certificate")[];
  /** It takes no login for a proxy from anywhere but its own program. */
  readonly withoutLogin?: boolean;
}

/** With no variable of this machine's settings. */
const plain = { PATH: process.env["PATH"] ?? "" };

function versionOf(command: readonly string[], pattern = /\d+\.\d+[\w.-]*/): Tool["found"] {
  const [program = "", ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...plain, HOME: "/nonexistent" },
  });
  const version = pattern.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[0];
  return status === 0 && version !== undefined ? { version } : { missing: `${program} is not installed` };
}

export function findTools(): readonly Tool[] {
  return [...fetchers(), ...withoutVariables(), ...packageManagers(), ...javascript(), go(), ...java()];
}

function fetchers(): Tool[] {
  const echo = (name: string, args: readonly string[]): Tool => ({
    name,
    asks: "echo",
    found: versionOf([name, "--version"]),
    command: (origin) => [name, ...args, `${origin}/echo`],
  });
  return [
    echo("curl", ["--silent", "--show-error", "--fail"]),
    echo("wget", ["--no-verbose", "--tries=1", "--output-document=-"]),
    {
      name: "git",
      asks: "files",
      found: versionOf(["git", "--version"]),
      settings: { format: "gitconfig", variable: "GIT_CONFIG_GLOBAL" },
      command: (origin, home) => ["git", "clone", "--quiet", `${origin}/thing.git`, join(home, "clone")],
    },
    {
      name: "Python urllib",
      asks: "echo",
      found: versionOf(["/usr/bin/python3", "--version"]),
      command: (origin) => ["/usr/bin/python3", "-c", urllibSource, `${origin}/echo`],
    },
    {
      name: "Python requests",
      asks: "echo",
      found: versionOf(["/usr/bin/python3", "-c", "import requests; print(requests.__version__)"]),
      command: (origin) => ["/usr/bin/python3", "-c", requestsSource, `${origin}/echo`],
    },
    ...pythonClients().map(({ name, found, command }): Tool => ({
      name,
      asks: "echo",
      found,
      command: (origin) => command([`${origin}/echo`]),
    })),
  ];
}

/** They read a proxy from variables, and their authorities from a setting of their own. */
function withoutVariables(): Tool[] {
  const helper = "/usr/lib/apt/apt-helper";
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
      asks: "echo",
      found: versionOf([helper, "--version"]),
      // Root's apt downloads as another user, where that one can get at the place for the answer.
      command: (origin, home) => {
        const command = `exec ${helper} -o Acquire::Retries=0 download-file ${origin}/echo '${join(home, "apt", "answer")}'`;
        return ["sh", "-c", `mkdir apt && chmod 711 . && { chown _apt apt || true; } 2>/dev/null; ${command}`];
      },
      leaksLogin: true,
      ways: ["run"],
    },
    {
      name: "aria2",
      asks: "echo",
      found: versionOf(["aria2c", "--version"]),
      settings: { format: "aria2" },
      command: (origin) => ["aria2c", "--quiet", "--max-tries=1", `${origin}/echo`],
      ways: [],
    },
    ...(["hg", "svn"] as const).map(versionControl),
    {
      name: "Chromium",
      asks: "echo",
      found: findProgram("certutil") === undefined ? { missing: "certutil" } : versionOf(["chromium", "--version"]),
      command: (origin) => ["sh", "-c", chromiumSource, `${origin}/echo`],
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
  const authorities = "SSL_CERT_FILE=$(echo $XDG_DATA_HOME/sallyport/authorities-*.pem)";
  const asks = program === "hg" ? "hg identify" : `export ${authorities}; svn info --non-interactive`;
  const says = program === "hg" ? "does not appear to be an hg repository" : "E175003\\|E170003\\|E170013.*E175";
  return {
    name: program === "hg" ? "Mercurial" : "Subversion",
    asks: "echo",
    found: versionOf([program, "--version"]),
    settings: { format: program },
    command: (origin) => [
      "sh",
      "-c",
      `said=$(${asks} ${origin}/echo 2>&1); echo "$said"; echo "$said" | grep -q '${says}'`,
    ],
    ways: [],
  };
}

function packageManagers(): Tool[] {
  const cargo = cargoProgram();
  return [
    {
      name: "pip",
      asks: "files",
      found: versionOf(["/usr/bin/python3", "-m", "pip", "--version"]),
      settings: { format: "pip", variable: "PIP_CONFIG_FILE" },
      command: (origin, home) => {
        const options = ["--no-deps", "--no-cache-dir", "--retries=0", "--disable-pip-version-check"];
        const places = ["--index-url", `${origin}/simple`, "--dest", join(home, "wheels")];
        return ["/usr/bin/python3", "-m", "pip", "download", "thing", ...options, ...places];
      },
    },
    {
      name: "Maven",
      asks: "files",
      found: versionOf(["mvn", "--version"]),
      command: (origin, home) => {
        writeFileSync(join(home, "pom.xml"), mavenProject(origin));
        return ["mvn", "--batch-mode", "--quiet", "--define", `maven.repo.local=${join(home, "m2")}`, "validate"];
      },
      // It starts slowly: this one has the login as well. It is known by its user, as Java's clients are.
      ways: process.platform === "linux" ? ["certificate"] : [],
    },
    {
      name: "npm",
      asks: "files",
      found: versionOf(["npm", "--version"]),
      settings: { format: "npmrc", variable: "npm_config_userconfig" },
      command: (origin, home) => {
        const places = ["--registry", `${origin}/`, "--prefix", join(home, "project"), "--cache", join(home, "npm")];
        return ["npm", "install", "thing", ...places, "--no-audit", "--fetch-retries=0"];
      },
    },
    {
      name: "cargo",
      asks: "files",
      found: cargo === undefined ? { missing: "cargo is not installed" } : versionOf([cargo, "--version"]),
      command: (_, home) => {
        const project = join(home, "asker");
        mkdirSync(join(project, "src"), { recursive: true });
        writeFileSync(join(project, "Cargo.toml"), cargoManifest);
        writeFileSync(join(project, "src", "lib.rs"), "");
        return [cargo ?? "cargo", "fetch", "--manifest-path", join(project, "Cargo.toml")];
      },
      variables: (origin, home) => ({
        CARGO_HOME: join(home, "cargo"),
        CARGO_NET_RETRY: "0",
        CARGO_REGISTRIES_LAB_INDEX: `sparse+${origin}/index/`,
        // Cargo asks its compiler for the version.
        PATH: `${dirname(cargo ?? "")}:${plain.PATH}`,
      }),
    },
  ];
}

/** The program itself: rustup's stand-in for it looks into a home that the tests do not have. */
function cargoProgram(): string | undefined {
  if (findProgram("rustup") === undefined) return findProgram("cargo");
  const { status, stdout } = spawnSync("rustup", ["which", "cargo"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function javascript(): Tool[] {
  const bun = runtime("bun", "1.4.5");
  const deno = runtime("deno", "2.9.6");
  const file = (home: string): string => {
    const path = join(home, "client.mjs");
    writeFileSync(path, fetchSource);
    return path;
  };
  return [
    {
      name: "Node fetch",
      asks: "echo",
      found: { version: process.versions.node },
      needsPreload: true,
      command: (origin, home) => [process.execPath, file(home), `${origin}/echo`],
    },
    {
      name: "Bun fetch",
      asks: "echo",
      found: "missing" in bun ? bun : versionOf([bun.path, "--version"]),
      command: (origin, home) => ["path" in bun ? bun.path : "bun", file(home), `${origin}/echo`],
    },
    {
      name: "Deno fetch",
      asks: "echo",
      found: "missing" in deno ? deno : versionOf([deno.path, "--version"]),
      command: (origin, home) => {
        const options = ["--quiet", "--no-config", "--allow-net"];
        return ["path" in deno ? deno.path : "deno", "run", ...options, file(home), `${origin}/echo`];
      },
      variables: () => ({ DENO_NO_UPDATE_CHECK: "1" }),
      leaksLogin: true,
    },
  ];
}

/** A runtime that npm has as a package, installed where it is not there yet. */
function runtime(name: string, version: string): { readonly path: string } | { readonly missing: string } {
  const folder = join(cache, `${name}-${version}`);
  const path = join(folder, "node_modules", ".bin", name);
  if (!existsSync(path)) {
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

function go(): Tool {
  const tool = {
    name: "Go net/http",
    asks: "echo" as const,
    command: (origin: string) => [program, `${origin}/echo`],
  };
  const found = versionOf(["go", "version"], /\d+\.\d+(?:\.\d+)?/);
  let program = "";
  if ("missing" in found) return { ...tool, found };
  const hash = createHash("sha256").update(goSource).digest("hex").slice(0, 12);
  program = join(cache, `go-client-${found.version}-${hash}`);
  if (!existsSync(program)) {
    const source = join(cache, "go-client", "main.go");
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, goSource);
    const env = {
      ...plain,
      HOME: cache,
      GOCACHE: join(cache, "go-build"),
      GO111MODULE: "off",
      GOPROXY: "off",
      GOTOOLCHAIN: "local",
    };
    const { status } = spawnSync("go", ["build", "-o", program, source], { stdio: "ignore", env });
    if (status !== 0) return { ...tool, found: { missing: "go cannot build a client" } };
  }
  return { ...tool, found };
}

const knownBehind = ["socks", "certificate"] as const;

function java(): Tool[] {
  const found = versionOf(["java", "-version"], /\d+\.\d+\.\d+/);
  const classes = join(cache, `java-client-${createHash("sha256").update(javaSource).digest("hex").slice(0, 12)}`);
  const built = "version" in found && (existsSync(join(classes, "Client.class")) || compileJava(classes));
  return ["HttpClient", "HttpsURLConnection"].map((client) => ({
    name: `Java ${client}`,
    asks: "echo",
    found: "missing" in found || built ? found : { missing: "javac is not installed" },
    withoutLogin: true,
    // It is known by its user, and by the gateway of `run` alone.
    ways: process.platform === "linux" ? ["open", "run", ...(client === "HttpClient" ? knownBehind : [])] : ["open"],
    command: (origin) => ["java", "-cp", classes, "Client", `${origin}/echo`, client],
  }));
}

function compileJava(classes: string): boolean {
  if (findProgram("javac") === undefined) return false;
  mkdirSync(classes, { recursive: true });
  writeFileSync(join(classes, "Client.java"), javaSource);
  execFileSync("javac", ["-d", classes, join(classes, "Client.java")], { stdio: "ignore", env: plain });
  return true;
}
