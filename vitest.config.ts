import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { define, setupFiles } from "./test/support/vitest-base.js";

export default defineConfig({
  define,
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/real/**", "test/soak/**", "**/node_modules/**", "dist/**"],
    setupFiles,
    testTimeout: 20_000,
    // vitest leaves one core free, which is half of a small machine; most tests wait for a program that they started.
    maxWorkers: availableParallelism(),
  },
});
