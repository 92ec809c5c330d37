import { homedir } from "node:os";
import { join } from "node:path";

/** Kept beside the Node versions of the test matrix: runtimes are not to be fetched, nor Go's library compiled, for each run. */
export const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sallyport-ci");
