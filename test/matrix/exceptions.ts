import { CAPTURE, OURS, type Way } from "./ways.js";

/** A cell that does not work with ours, and why nothing can be done about it here. All others must work. */
export interface Exception {
  readonly ways: readonly Way["id"][];
  readonly row: string;
  readonly columns: readonly string[] | "all";
  /** Is to be found in the words for what came of it, or in what the client prints. */
  readonly says: RegExp;
  readonly reason: string;
}

const both = [OURS, CAPTURE] as const;
const http2Only =
  "The inspector speaks HTTP/1.1 alone, and this client nothing but HTTP/2: such a host must be exempted from inspection.";

export const exceptions: readonly Exception[] = [
  { ways: both, row: "node:http2", columns: ["inspector", "all"], says: /NO_APPLICATION_PROTOCOL/, reason: http2Only },
  {
    ways: both,
    row: "@grpc/grpc-js",
    columns: ["inspector", "all"],
    says: /no application protocol/,
    reason: http2Only,
  },
  {
    ways: [OURS],
    row: "Ruby",
    columns: "all",
    says: /^LEAK: DNS/,
    reason:
      "Ruby asks the local resolver for the server's address before it takes the proxy, to see whether it is this machine's own (`URI::Generic#find_proxy`). It gets out all the same; `--capture` answers that question itself.",
  },
  {
    ways: [OURS],
    row: "Deno",
    columns: "all",
    says: /^LEAK: DNS/,
    reason:
      "Deno asks the local resolver for the server's name before each `fetch`, whatever proxy there is. It gets out all the same; `--capture` answers that question itself.",
  },
  ...["PHP streams", "Go, static, no variables", "Subversion", "ssh"].map((row): Exception => ({
    ways: [OURS],
    row,
    columns: "all",
    says: /^LEAK: (direct|DNS)/,
    reason: "It reads no variable for proxies: that is what `--capture` is for.",
  })),
  {
    ways: [OURS],
    row: "aria2",
    columns: "all",
    says: /^not signed by known authorities/,
    reason:
      "It reads a proxy from variables, and authorities from its own settings alone: `--capture`, or `sallyport env --for aria2`.",
  },
];

export function exceptionFor(way: string, row: string, column: string): Exception | undefined {
  return exceptions.find(
    ({ ways, columns, ...exception }) =>
      exception.row === row && ways.some((each) => each === way) && (columns === "all" || columns.includes(column)),
  );
}
