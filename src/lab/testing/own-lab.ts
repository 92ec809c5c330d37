import { afterAll } from "vitest";
import { startLab } from "../lab.js";
import type { Lab } from "../types.js";
import { trustOf } from "./clients.js";

/** An empty lab for all tests of a file, which ends with the last one, and what its clients trust. */
export async function ownLab(): Promise<{ readonly lab: Lab; readonly ca: string }> {
  const lab = await startLab();
  afterAll(() => lab.close());
  return { lab, ca: trustOf(lab) };
}
