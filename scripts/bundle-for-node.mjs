import { build } from "esbuild";
import { repository } from "./repository.mjs";

/** Makes JavaScript of TypeScript from here, for a Node that runs it by itself; packages are found where it is put. Options as esbuild's. */
export function bundleForNode({ define, ...options }) {
  return build({
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    define: { SALLYPORT_REPOSITORY: JSON.stringify(repository), ...define },
    logLevel: "error",
    ...options,
  });
}
