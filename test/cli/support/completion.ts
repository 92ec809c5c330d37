import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CompletionShell } from "../../../src/cli/completion/values.js";
import { describeProgram } from "../../../src/cli/model/command-model.js";
import { run } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-completion-"));
mkdirSync(join(folder, "files"));

async function prepare(shell: CompletionShell): Promise<void> {
  mkdirSync(join(folder, "files"), { recursive: true });
  for (const name of ["corp.pem", "corp two.pem"]) writeFileSync(join(folder, "files", name), "");
  // What a person wraps: completed by its name.
  writeFileSync(join(folder, "zz-wrapped-tool"), "#!/bin/sh\n");
  chmodSync(join(folder, "zz-wrapped-tool"), 0o755);
  writeFileSync(join(folder, `script.${shell}`), (await run(["completion", shell])).stdout);
}

function start(program: string, args: readonly string[], input = ""): ReturnType<typeof spawnSync> {
  const env = { PATH: [folder, process.env["PATH"]].join(delimiter), HOME: folder, TERM: "dumb", LC_ALL: "C.UTF-8" };
  return spawnSync(program, args, { cwd: join(folder, "files"), env, input, encoding: "utf8", timeout: 15_000 });
}

const isThere = (shell: string): boolean => process.platform !== "win32" && start(shell, ["-c", "exit 0"]).status === 0;

/** What each shell offers for a line that ends at the cursor. */
const offered: Readonly<Record<CompletionShell, (line: string) => string[]>> = {
  bash(line) {
    // As readline splits: at blanks, and around equals signs and colons.
    const words = line.split(/ |([=:])/).filter((word, index) => word !== undefined && (word !== "" || index > 0));
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const script = `source ${folder}/script.bash; COMP_WORDS=(${quoted}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _sallyport
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(start("bash", ["--norc", "-c", script]));
  },
  fish(line) {
    const script = `source ${folder}/script.fish; complete -C '${line}'`;
    return lines(start("fish", ["--no-config", "-c", script])).map((offer) => offer.split("\t", 1)[0] ?? "");
  },
  zsh(line) {
    const { stdout } = start("zsh", ["-f", join(import.meta.dirname, "complete.zsh"), `${folder}/script.zsh`, line]);
    return String(stdout)
      .split(/\r?\n/)
      .filter((text) => text !== "");
  },
};

function lines({ stdout, stderr }: ReturnType<typeof spawnSync>): string[] {
  expect(String(stderr)).toBe("");
  return String(stdout)
    .split("\n")
    .filter((text) => text !== "");
}

const names = describeProgram("").commands.map(({ name }) => name);

/** What a person finds who presses Tab in this shell; skipped where the shell is not installed. */
export function describeCompletion(shell: CompletionShell): void {
  describe.skipIf(!isThere(shell))(`completion in ${shell}`, () => {
    beforeAll(() => prepare(shell));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const offers = offered[shell];

    it("offers every command, and those that begin as typed", () => {
      expect(offers("sallyport ")).toEqual(expect.arrayContaining([...names, "help"]));
      expect(offers("sallyport ga")).toEqual(["gateway"]);
    });

    it("offers a command's own options", () => {
      expect(offers("sallyport fetch --loc")).toEqual(["--location"]);
      expect(offers("sallyport doctor --loc")).toEqual([]);
    });

    it("offers the values of an option that has a list of them", () => {
      expect(offers("sallyport env --for git")).toEqual(
        expect.arrayContaining(["github-actions", "gitlab", "gitconfig"]),
      );
      expect(offers("sallyport run --only ga")).toEqual(["gateway"]);
      expect(offers("sallyport completion f")).toEqual(["fish"]);
    });

    it("offers what mcp does besides connecting, and the clients that it knows, once each", () => {
      expect(offers("sallyport mcp ")).toEqual(expect.arrayContaining(["install", "list", "check", "logout"]));
      expect(offers("sallyport mcp in")).toEqual(["install"]);
      expect(offers("sallyport mcp install --client cl")).toEqual(
        expect.arrayContaining(["claude-code", "claude-desktop"]),
      );
      expect(offers("sallyport mcp install lis")).not.toContain("list");
    });

    it("offers files where an option takes one", () => {
      expect(offers("sallyport fetch --cacert corp").map((name) => name.replaceAll("\\ ", " "))).toEqual(
        expect.arrayContaining(["corp.pem", "corp two.pem"]),
      );
    });

    it("offers what cert and trust do, and then files, and for whom trust exports", () => {
      expect(offers("sallyport trust exp")).toEqual(["export"]);
      expect(offers("sallyport trust export --for ja")).toEqual(["java"]);
      expect(offers("sallyport env --for gitc")).toEqual(["gitconfig"]);
      expect(offers("sallyport cert ins")).toEqual(["inspect"]);
      expect(offers("sallyport cert inspect corp").map((name) => name.replaceAll("\\ ", " "))).toContain("corp.pem");
    });

    it("completes the command that run wraps by its own name, and by none of our options", () => {
      expect(offers("sallyport run -- zz-wrap")).toEqual(["zz-wrapped-tool"]);
      expect(offers("sallyport run --check https://a.example zz-wrap")).toEqual(["zz-wrapped-tool"]);
      expect(offers("sallyport run -- zz-wrapped-tool --cac")).toEqual([]);
    });
  });
}
