import { defineConfig } from "vitest/config";
import { define, root, setupFiles } from "../support/vitest-base.js";

/** What takes minutes: `npm run test:soak`. A short form of each is in `npm test`. */
export default defineConfig({
  define,
  root,
  test: {
    include: ["test/soak/**/*.test.ts"],
    setupFiles,
    fileParallelism: false,
  },
});
