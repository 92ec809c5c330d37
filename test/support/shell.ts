import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Report } from "../../src/doctor/index.js";

const bin = join(import.meta.dirname, "../../dist/cli/bin.cjs");

export interface Done {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell of somebody whose home is empty, with `sallyport`, as it was built, on the PATH: what a remedy says is pasted here. */
export class Shell implements Disposable {
  readonly home: string;
  readonly #variables: Record<string, string>;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.home = mkdtempSync(join(tmpdir(), "sallyport-shell-"));
    const programs = join(this.home, "programs");
    mkdirSync(programs);
    writeFileSync(join(programs, "sallyport"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
    chmodSync(join(programs, "sallyport"), 0o755);
    writeFileSync(join(programs, "sallyport.cmd"), `@"${process.execPath}" "${bin}" %*\r\n`);
    const { PATH = "", SystemRoot } = process.env;
    this.#variables = {
      PATH: programs + delimiter + PATH,
      ...(SystemRoot !== undefined && { SystemRoot }),
      HOME: this.home,
      USERPROFILE: this.home,
      SALLYPORT_CERT_STORE: "bundled",
      ...variables,
    };
  }

  set(variables: Readonly<Record<string, string>>): void {
    Object.assign(this.#variables, variables);
  }

  /** A file in the home. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.home, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  async run(line: string): Promise<Done> {
    const child = spawn(line, { shell: true, cwd: this.home, env: this.#variables, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr, exit] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.on("close", resolve)),
    ]);
    return { exit, stdout, stderr };
  }

  async doctor(url: string): Promise<Report> {
    const { stdout, stderr } = await this.run(`sallyport doctor --json ${url}`);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as Report;
  }

  /** Runs the command of a remedy as it is printed; gives it, for what it is to be named by then. @throws where it fails */
  async paste(remedy: string | undefined): Promise<string> {
    const line = commandOf(remedy ?? "");
    const { exit, stderr } = await this.run(line);
    if (exit !== 0) throw new Error(`${line}: exit ${exit}: ${stderr}`);
    return line;
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** What a person copies: from behind "run: " to where the sentence goes on. */
export function commandOf(remedy: string): string {
  const [, line] = /\brun: (.+?)(?: and (?:name|replace) |; | \(or |$)/.exec(remedy) ?? [];
  if (line === undefined) throw new Error(`no command in: ${remedy}`);
  return line;
}

/** The codes that stand in the way, or are warned of. */
export const codesOf = ({ faults, warnings }: Report): readonly string[] =>
  [...faults, ...warnings].map(({ code }) => code);
