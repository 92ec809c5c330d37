import { defineConfig } from "vitest/config";
import { define, root, setupFiles } from "../support/vitest-base.js";
import { TallyReporter } from "./support/tally-reporter.js";

/** Real squid, nginx, haproxy and microsocks on loopback: `npm run test:real`. Started once, for all files. */
export default defineConfig({
  define,
  root,
  test: {
    include: ["test/real/**/*.test.ts"],
    globalSetup: ["test/real/support/global-setup.ts"],
    setupFiles,
    reporters: ["default", new TallyReporter()],
    // One after another: what a test reads from an access log must be its own doing.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
