#!/usr/bin/env node
/**
 * Installs what the lock file names, unless it is there already. One line on stderr says so.
 *
 * Plain JavaScript of the oldest kind that has modules: a Node that is too old must get as far as the message.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const noteFile = join(root, "node_modules", ".cache", "sallyport", "setup.json");

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(message, hint) {
  say(`error: ${message}`);
  say(`hint: ${hint}`);
  process.exit(1);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** The Node that installed: npm leaves out optional packages whose `engines` exclude it. */
const runtime = `${process.platform} ${process.arch} node ${process.versions.node}`;

function fits(list, value) {
  if (list === undefined) return true;
  return list.includes(value) || (list.every((item) => item.startsWith("!")) && !list.includes(`!${value}`));
}

/** glibc or musl, which only Linux has to choose between. */
function libc() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/** True for a native binary that programs on this machine would load. */
function isForThisMachine(entry) {
  if (entry.os === undefined && entry.cpu === undefined) return false;
  if (!fits(entry.os, process.platform) || !fits(entry.cpu, process.arch)) return false;
  if (entry.libc !== undefined && !fits(entry.libc, libc())) return false;
  return entry.engines === undefined || isInRange(process.versions.node, entry.engines.node);
}

/** The part of semver that packages use in `engines`: `^20.19.0 || >=22.12.0`. What it cannot read counts as fitting. */
function isInRange(version, range = "*") {
  const have = version.split(".").map(Number);
  return range.split("||").some((set) =>
    set
      .trim()
      .split(/\s+/)
      .every((comparator) => {
        const match = /^(\^|~|>=|<)?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(comparator);
        if (match === null) return true;
        const want = match.slice(2).map((part) => Number(part || 0));
        const order = have[0] - want[0] || have[1] - want[1] || have[2] - want[2];
        if (match[1] === "<") return order < 0;
        return order >= 0 && (match[1] === ">=" || have[0] === want[0]) && (match[1] !== "~" || have[1] === want[1]);
      }),
  );
}

/** Why node_modules is not what the lock file names; undefined if it is. */
function staleness() {
  const wanted = readJson(join(root, "package-lock.json"));
  if (wanted === undefined)
    fail("package-lock.json is missing or broken", "restore it: git checkout package-lock.json");
  // npm writes this file last, so it is missing after an installation that was cut short.
  const installed = readJson(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "nothing is installed yet";

  // Having tried once with this Node is enough: what is still missing then cannot be had.
  const hasTried = (readJson(noteFile) || {}).runtime === runtime;
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === "") continue;
    const there = installed.packages[path];
    if (there !== undefined && there.version === entry.version && there.integrity === entry.integrity) continue;
    if (there === undefined && entry.optional && (hasTried || !isForThisMachine(entry))) continue;
    return there === undefined ? `${path} is missing` : `${path} has changed`;
  }
  const extra = Object.keys(installed.packages).find((path) => wanted.packages[path] === undefined);
  return extra === undefined ? undefined : `${extra} is no longer wanted`;
}

/** npm as it called us, else npm from the path; a shell finds npm.cmd on Windows. */
function npm(args) {
  const caller = process.env.npm_execpath;
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 * 1024 * 1024 };
  if (caller !== undefined && basename(caller) === "npm-cli.js" && existsSync(caller)) {
    return spawnSync(process.execPath, [caller, ...args], options);
  }
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

function install() {
  // No dependency needs an install script, so none gets to run.
  const result = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  if (result.error !== undefined) {
    fail(
      `npm cannot be started: ${result.error.message}`,
      "install npm (it comes with Node) and see that it is on the PATH",
    );
  }
  if (result.status === 0) return;
  const reason = result.stderr.split("\n").filter((line) => /^npm (ERR!|error) \S/.test(line));
  for (const line of reason.slice(0, 5)) say(line);
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|E40[137]|SELF_SIGNED|UNABLE_TO_|CERT_/.test(result.stderr)
  ) {
    fail(
      "npm cannot reach its registry",
      "see `npm config get registry`, `npm config get proxy` and `npm config get cafile`",
    );
  }
  fail(`npm ci failed with status ${result.status}`, "its own words are above; the whole log is in ~/.npm/_logs");
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 18)) {
  fail(
    `Node ${process.versions.node} is too old: sallyport needs 20.18 or later`,
    "install a current Node from https://nodejs.org",
  );
}
const why = staleness();
if (why !== undefined) {
  say(`setup: installing the development dependencies with npm ci (${why}); this takes about half a minute`);
  install();
  mkdirSync(dirname(noteFile), { recursive: true });
  writeFileSync(noteFile, JSON.stringify({ runtime }));
}
