/**
 * What `import "sallyport"` reads before it returns, and what `npm install sallyport` unpacks, kept from growing unnoticed.
 * `.ci/run` packs the tarball and names it in SALLYPORT_TARBALL; without it, dist is measured alone.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** A file and all that it loads at once, as an ES module or in CommonJS. rollup writes one import to a line, so no parser is needed. */
function closure(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const [, specifier] of readFileSync(entry, "utf8").matchAll(
    /^(?:import|export|\}|(?:const \S+ = )?require\().*?["'](\.{1,2}\/[^"']+)["']\)?;?$/gm,
  )) {
    closure(join(dirname(entry), specifier), seen);
  }
  return seen;
}

const files = (entry) => [...closure(resolve(entry))].map((file) => relative(".", file));
const tarball = process.env.SALLYPORT_TARBALL;

export default [
  { name: 'import "sallyport"', path: files("dist/index.js"), brotli: false, limit: "13 kB" },
  { name: 'import "sallyport/mcp"', path: files("dist/mcp/index.js"), brotli: false, limit: "312 kB" },
  { name: "sallyport --version", path: files("dist/cli/bin.cjs"), brotli: false, limit: "2 kB" },
  ...(tarball === undefined
    ? []
    : [{ name: "the tarball", path: tarball, brotli: false, gzip: false, limit: "1400 kB" }]),
];
