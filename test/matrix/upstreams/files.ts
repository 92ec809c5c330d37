import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import type { Handler } from "./upstream.js";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".json": "application/json",
  ".manifest": "application/vnd.oci.image.manifest.v1+json",
};

/** Static files: package indexes and a git repository are nothing else. `{origin}` in JSON becomes the server's own address. */
export function files(directory: string): Handler {
  return (request, response) => {
    const { pathname } = new URL(request.url, "https://files.invalid");
    const path = join(directory, normalize(decodeURIComponent(pathname)));
    const found = [path, `${path}.json`, `${path}.manifest`, join(path, "index.html")].find((candidate) =>
      isFile(candidate),
    );
    if (found === undefined) return false;
    const type = types[extname(found)] ?? "application/octet-stream";
    const authority = request.headers[":authority"] ?? request.headers.host ?? "";
    const content = readFileSync(found);
    const body =
      type === "application/json" ? content.toString().replaceAll("{origin}", `https://${authority}`) : content;
    response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
    return true;
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The programs that the content is made with. */
export interface Makers {
  /** Undefined where there is none: then there is nothing for pip either. */
  readonly python: string | undefined;
  readonly environment: Record<string, string>;
}

/** An npm package, a Python wheel and a git repository, each called `thing`, as static servers publish them. */
export function makeFiles(directory: string, makers: Makers): void {
  makeNpmPackage(directory, makers.environment);
  if (makers.python !== undefined) makeWheel(directory, makers.python, makers.environment);
  makeRepository(directory, makers.environment);
}

function makeNpmPackage(directory: string, env: Record<string, string>): void {
  const source = join(directory, "package");
  mkdirSync(source, { recursive: true });
  const manifest = { name: "thing", version: "1.0.0", description: "a thing" };
  writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
  const packed = join(directory, "thing-1.0.0.tgz");
  execFileSync("tar", ["-czf", packed, "-C", directory, "package"], { env });
  const tarball = readFileSync(packed);
  const dist = {
    tarball: "{origin}/thing-1.0.0.tgz",
    shasum: createHash("sha1").update(tarball).digest("hex"),
    integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
  };
  const packument = { name: "thing", "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": { ...manifest, dist } } };
  writeFileSync(join(directory, "thing.json"), JSON.stringify(packument));
}

const wheelMaker = `
import sys, zipfile
info = "thing-1.0.dist-info"
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("thing.py", "")
    wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: thing\\nVersion: 1.0\\n")
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: lab\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", "")
`;

function makeWheel(directory: string, python: string, env: Record<string, string>): void {
  const wheel = "thing-1.0-py3-none-any.whl";
  const index = join(directory, "simple", "thing");
  mkdirSync(index, { recursive: true });
  execFileSync(python, ["-c", wheelMaker, join(index, wheel)], { env });
  writeFileSync(join(index, "index.html"), `<!doctype html><a href="${wheel}">${wheel}</a>\n`);
}

/** Commits one commit, and lays the repository out for clients that ask for files. */
export function makeRepository(directory: string, env: Record<string, string>): void {
  const work = join(directory, "work");
  const git = (...args: string[]) => execFileSync("git", args, { env, stdio: ["ignore", "ignore", "pipe"] });
  git("init", "--quiet", "--initial-branch=main", work);
  const author = ["-c", "user.name=Lab", "-c", "user.email=lab@lab.test"];
  git("-C", work, ...author, "commit", "--quiet", "--allow-empty", "--message", "a thing");
  git("clone", "--quiet", "--bare", work, join(directory, "thing.git"));
  // What a server that knows nothing of git needs (gitprotocol-http(5), "dumb" clients).
  git("-C", join(directory, "thing.git"), "update-server-info");
}
