import { afterAll } from "vitest";
import { startLab } from "../lab.js";
import type { Lab } from "../types.js";

/** An empty lab for all tests of a file, which ends with the last one. */
export async function ownLab(): Promise<Lab> {
  const lab = await startLab();
  afterAll(() => lab.close());
  return lab;
}
