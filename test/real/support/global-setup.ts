import { existsSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { builtCli } from "./built.js";
import { installMissing, whatIsMissing } from "./install.js";
import { startSite, type Site } from "./site.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Undefined where the programs are missing: then every test is skipped. */
    site: Site | undefined;
  }
}

function say(line: string): void {
  console.log(`real servers: ${line}`);
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(builtCli)) throw new Error("there is no build to test; run: npm run build");
  installMissing(say);
  const missing = whatIsMissing();
  project.provide("site", undefined);
  if (missing !== undefined) {
    say(`SKIPPED, since ${missing}`);
    return undefined;
  }
  const { site, stop } = await startSite();
  project.provide("site", site);
  return stop;
}
