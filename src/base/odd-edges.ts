/** What a value has at its ends that nobody sees there: the first that is found. */
export type OddEdge =
  | "carriage return"
  | "line feed"
  | "blank after it"
  | "tab after it"
  | "blank before it"
  | "byte order mark"
  | "invisible character";

const edges: readonly (readonly [RegExp, OddEdge])[] = [
  [/^\ufeff/, "byte order mark"],
  [/^[ \t\r\n]/, "blank before it"],
  // As a file with the line ends of Windows leaves it.
  [/\r\n?$/, "carriage return"],
  [/\n$/, "line feed"],
  [/ $/, "blank after it"],
  [/\t$/, "tab after it"],
  [/^[^!-~]|[^!-~]$/, "invisible character"],
];

export function oddEdge(value: string): OddEdge | undefined {
  return edges.find(([pattern]) => pattern.test(value))?.[1];
}
