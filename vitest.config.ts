import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { repository } from "./scripts/repository.mjs";

export default defineConfig({
  define: { SALLYPORT_REPOSITORY: JSON.stringify(repository) },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/real/**", "test/soak/**", "**/node_modules/**", "dist/**"],
    // A developer's shell, and CI machines behind a proxy, set variables that this library reads.
    setupFiles: ["test/support/clean-environment.ts"],
    testTimeout: 20_000,
    // vitest leaves one core free, which is half of a small machine; most tests wait for a program that they started.
    maxWorkers: availableParallelism(),
  },
});
