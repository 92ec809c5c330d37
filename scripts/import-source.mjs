import { fileURLToPath } from "node:url";
import { bundleForNode } from "./bundle-for-node.mjs";

const root = new URL("../", import.meta.url);

/** What these TypeScript files export, without a build: for what is written from the sources and committed. */
export async function importSource(...files) {
  const { outputFiles } = await bundleForNode({
    stdin: {
      contents: files.map((file) => `export * from "./${file}";`).join("\n"),
      resolveDir: fileURLToPath(root),
    },
    // A data: URL has no folder from which a package could be looked up.
    define: { "import.meta.url": JSON.stringify(import.meta.url) },
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
