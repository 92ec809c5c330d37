import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { repository } from "../../scripts/repository.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What takes minutes: `npm run test:soak`. A short form of each is in `npm test`. */
export default defineConfig({
  define: { SALLYPORT_REPOSITORY: JSON.stringify(repository) },
  root: here("../.."),
  test: {
    include: ["test/soak/**/*.test.ts"],
    setupFiles: [here("../support/clean-environment.ts")],
    fileParallelism: false,
  },
});
