import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { repository } from "../../scripts/repository.mjs";
import { TallyReporter } from "./support/tally-reporter.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Real squid, nginx, haproxy and microsocks on loopback: `npm run test:real`. Started once, for all files. */
export default defineConfig({
  define: { SALLYPORT_REPOSITORY: JSON.stringify(repository) },
  root: here("../.."),
  test: {
    include: ["test/real/**/*.test.ts"],
    globalSetup: [here("./support/global-setup.ts")],
    setupFiles: [here("../support/clean-environment.ts")],
    reporters: ["default", new TallyReporter()],
    // One after another: what a test reads from an access log must be its own doing.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
