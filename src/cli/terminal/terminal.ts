import { styleText } from "node:util";
import type { ConnectError } from "../../base/errors.js";
import type { Paint } from "../../doctor/index.js";
import type { Io, Output } from "./io.js";
import { oneLine } from "../../base/one-line.js";

/** Everything the commands say on a terminal about themselves goes through here, so that it sounds alike. */
export interface Terminal {
  readonly out: Paint;
  readonly err: Paint;
  print(text: string): Promise<void>;
  json(value: unknown): Promise<void>;
  fail(fault: Pick<ConnectError, "message" | "remedy"> & { readonly code?: string }): Promise<void>;
  warn(warnings: readonly ConnectError[]): Promise<void>;
  note(text: string): Promise<void>;
}

export interface TerminalOptions {
  readonly color: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export function createTerminal(io: Pick<Io, "stdout" | "stderr">, options: TerminalOptions): Terminal {
  // https://no-color.org: any value but an empty one.
  const allowed = options.color && !options.variables["NO_COLOR"] && options.variables["TERM"] !== "dumb";
  const paintFor = (output: Output): Paint => {
    const colored = allowed && output.isTTY;
    // Node would ask this process's own stdout whether to colour; here each output is asked by itself.
    const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
      colored ? styleText(format, text, { validateStream: false }) : text;
    return { bold: paint("bold"), dim: paint("dim"), good: paint("green"), bad: paint("red"), warn: paint("yellow") };
  };
  const out = paintFor(io.stdout);
  const err = paintFor(io.stderr);
  const said = new Set<string>();
  return {
    out,
    err,
    print: (text) => io.stdout.write(text),
    json: (value) => io.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    fail: ({ message, remedy, code }) =>
      io.stderr.write(
        `${err.bad("error:")} ${oneLine(message)}${code === undefined ? "" : ` [${code}]`}\n${err.dim("hint:")} ${oneLine(remedy)}\n`,
      ),
    async warn(warnings) {
      for (const { message, remedy, code } of warnings) {
        const line = `${err.warn("warning:")} ${oneLine(message)} [${code}]; ${oneLine(remedy)}\n`;
        if (said.has(line)) continue;
        said.add(line);
        await io.stderr.write(line);
      }
    },
    note: (text) => io.stderr.write(`${text}\n`),
  };
}
