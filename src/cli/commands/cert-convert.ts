import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf } from "../../base/error-code.js";
import { convertToPem, readContents } from "../../certificates/index.js";
import type { Context } from "../context.js";
import { keyNotOpened, outputExists } from "../faults-cert.js";
import { unwritableOutput } from "../faults.js";
import type { CertFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import { readBounded, shownFile } from "../terminal/read-bounded.js";
import { passphraseOf } from "./cert-source.js";

/**
 * `sallyport cert convert`: the same certificates and keys as plain PEM, in the order that TLS wants. A key goes into a file of the user's alone, and
 * keeps the passphrase that it had; on standard output there are certificates alone.
 */
export async function certConvertCommand(path: string, flags: CertFlags, context: Context): Promise<number> {
  const { io, terminal } = context;
  const passphrase = passphraseOf(flags, context);
  const bytes = await readBounded(path, io.stdin, io.signal);
  const contents = await readContents(bytes, { path: shownFile(path), passphrase, signal: io.signal });
  const closed = contents.keys.find(({ key }) => key === undefined);
  if (closed !== undefined) throw keyNotOpened(shownFile(path), closed.why ?? "");
  const protect = flags.encrypt && contents.keys.some(({ encrypted }) => encrypted);
  const made = convertToPem(contents, protect ? await passphrase() : undefined);
  const output = flags.output === undefined ? undefined : resolve(flags.output);
  if (output !== undefined)
    await writeNew(output, `${made.certificates}${made.keys}`, made.keys === "" ? 0o644 : 0o600);
  for (const loss of contents.losses) await terminal.note(`${terminal.err.warn("left out:")} ${loss}`);
  if (flags.json === true) {
    await terminal.json({
      ok: true,
      output: output ?? null,
      certificates: made.count.certificates,
      keys: output === undefined ? 0 : made.count.keys,
      encrypted: protect,
      pem: output === undefined ? made.certificates : null,
      leftOut: contents.losses,
    });
  } else if (output === undefined) {
    await terminal.print(made.certificates);
    if (made.keys !== "") await terminal.note("The private key is left out here: name a file for it with --output.");
  } else {
    const { certificates, keys } = made.count;
    const held = [
      count(certificates, "certificate"),
      ...(keys === 0 ? [] : [`${count(keys, "key")} (${protect ? "encrypted" : "not encrypted"})`]),
    ];
    await terminal.print(`${output}: ${held.join(", ")}\n`);
  }
  return exitCode.fine;
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;

/** Nothing that is there is written over: it may be the only copy of a key. A symbolic link counts as there. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode });
  } catch (error) {
    throw codeOf(error) === "EEXIST" ? outputExists(path) : unwritableOutput(path, error);
  }
}
