import { main } from "../../../src/cli/main.js";
import type { LookupFunction } from "node:net";

export interface RunEnvironment {
  /** The whole environment of the command. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly lookup?: LookupFunction;
  readonly signal?: AbortSignal;
  readonly isTTY?: boolean;
  /** Called with each piece of stdout. */
  readonly onOutput?: (text: string) => void;
}

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing is known here: a test that means to connect gives its lab's lookup. */
const noNames: LookupFunction = (hostname, _options, callback) => {
  setImmediate(() =>
    callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND" }), "", 0),
  );
};

/** Runs a command line in this process, as the program would. */
export async function run(argv: readonly string[], environment: RunEnvironment = {}): Promise<Ran> {
  const {
    variables = {},
    stdin = "",
    lookup = noNames,
    signal = new AbortController().signal,
    isTTY = false,
    onOutput,
  } = environment;
  let stdout = "";
  let stderr = "";
  const text = (chunk: string | Uint8Array): string => Buffer.from(chunk).toString("utf8");
  const exit = await main(
    argv,
    {
      stdout: {
        isTTY,
        write(chunk) {
          stdout += text(chunk);
          onOutput?.(text(chunk));
          return Promise.resolve();
        },
      },
      stderr: {
        isTTY,
        write(chunk) {
          stderr += text(chunk);
          return Promise.resolve();
        },
      },
      stdin: (async function* () {
        yield Buffer.from(stdin);
      })(),
      // No config file of the person who runs the tests.
      variables: { HOME: "/nonexistent", CLAUDE_CODE_CERT_STORE: "bundled", ...variables },
      lookup,
      signal,
    },
    "1.2.3",
  );
  return { exit, stdout, stderr };
}
