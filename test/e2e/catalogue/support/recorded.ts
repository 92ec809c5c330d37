import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultCode } from "../../../../src/base/codes.js";
import type { Scene } from "./scene.js";

/** What one program says in one scene. */
export type Cell =
  | {
      /** What it says of it, the outermost first; in parentheses what it does without a word. */
      readonly lines: readonly string[];
      /** Its exit status; null where it would not end by itself. */
      readonly status: number | null;
    }
  /** It cannot be put into this situation, and why. */
  | { readonly not: string };

export interface RecordedScene {
  readonly code: FaultCode;
  readonly how: string;
  /** Why no other program can be put into it. */
  readonly none?: string;
  /** What the doctor says there. */
  readonly ours?: string;
  readonly said?: Readonly<Record<string, Cell>>;
}

/** What `test/real/error-texts.test.ts` has recorded. */
export interface Recorded {
  readonly versions: Readonly<Record<string, string>>;
  readonly scenes: readonly RecordedScene[];
}

export const recordedPath = join(import.meta.dirname, "../recorded.json");

export const readRecorded = (): Recorded => JSON.parse(readFileSync(recordedPath, "utf8")) as Recorded;

/** What identifies a scene. */
export const titleOf = ({ code, how }: Pick<Scene, "code" | "how">): string => `${code}: ${how}`;

/** What it says of what is wrong; nothing where it says nothing, or cannot be put into the scene. What stands in parentheses is no words of its own. */
export function spoken(cell: Cell): string {
  if ("not" in cell) return "";
  return cell.lines.filter((line) => !line.startsWith("(")).join("\n");
}
