import { afterAll, beforeEach } from "vitest";
import { startStandardLab, type StandardLab } from "../../src/lab/index.js";

/** The standard lab for all tests of a file: each begins with an empty log, and the lab ends with the last one. */
export async function standardLab(): Promise<StandardLab> {
  const lab = await startStandardLab();
  beforeEach(() => lab.log.clear());
  afterAll(() => lab.close());
  return lab;
}
