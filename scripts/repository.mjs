import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The project's page. Its owner is written in package.json alone; the build and the tests put it into the sources. */
export const repository = manifest.repository.url.replace(/^git\+|\.git$/g, "");
