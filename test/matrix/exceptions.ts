/** A cell that does not work with ours, and why nothing can be done about it here. All others must work. */
export interface Exception {
  readonly row: string;
  readonly columns: readonly string[];
  /** Is to be found in what the client prints. */
  readonly says: RegExp;
  readonly reason: string;
}

const http2Only =
  "The inspector speaks HTTP/1.1 alone, and this client nothing but HTTP/2: such a host must be exempted from inspection.";

export const exceptions: readonly Exception[] = [
  { row: "node:http2", columns: ["inspector", "all"], says: /NO_APPLICATION_PROTOCOL/, reason: http2Only },
  { row: "@grpc/grpc-js", columns: ["inspector", "all"], says: /no application protocol/, reason: http2Only },
];

export function exceptionFor(row: string, column: string): Exception | undefined {
  return exceptions.find((exception) => exception.row === row && exception.columns.includes(column));
}
