import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "./cache.js";
import { findProgram } from "./programs.js";
import { plain, versionOf } from "./tool.js";
import { goSource, javaSource } from "./tool-sources.js";

export type CompiledClient =
  | { readonly version: string; /** The program, or the folder of classes. */ readonly path: string }
  | { readonly missing: string };

/** @param isStatic with Go's own resolver, so that there is no library in it that anything could be loaded into */
export function goClient({ isStatic = false }: { readonly isStatic?: boolean } = {}): CompiledClient {
  const found = versionOf(["go", "version"], /\d+\.\d+(?:\.\d+)?/);
  if ("missing" in found) return found;
  const path = join(cache, `go-client-${isStatic ? "static-" : ""}${found.version}-${hashOf(goSource)}`);
  if (existsSync(path)) return { ...found, path };
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
    ...(isStatic ? { CGO_ENABLED: "0" } : {}),
  };
  const { status } = spawnSync("go", ["build", "-o", path, source], { stdio: "ignore", env });
  return status === 0 ? { ...found, path } : { missing: "go cannot build a client" };
}

export function javaClient(): CompiledClient {
  const found = versionOf(["java", "-version"], /\d+\.\d+\.\d+/);
  if ("missing" in found) return found;
  const path = join(cache, `java-client-${hashOf(javaSource)}`);
  if (existsSync(join(path, "Client.class"))) return { ...found, path };
  if (findProgram("javac") === undefined) return { missing: "javac is not installed" };
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "Client.java"), javaSource);
  execFileSync("javac", ["-d", path, join(path, "Client.java")], { stdio: "ignore", env: plain });
  return { ...found, path };
}

const hashOf = (source: string): string => createHash("sha256").update(source).digest("hex").slice(0, 12);
