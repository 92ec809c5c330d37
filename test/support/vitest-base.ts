import { fileURLToPath } from "node:url";
import { repository } from "../../scripts/repository.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The project's own folder, from which the paths of each configuration are meant. */
export const root = here("../..");
/** What the build puts into the sources. */
export const define = { SALLYPORT_REPOSITORY: JSON.stringify(repository) };
/** A developer's shell, and CI machines behind a proxy, set variables that this library reads. */
export const setupFiles = [here("clean-environment.ts")];
