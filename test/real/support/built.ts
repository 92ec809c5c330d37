import { fileURLToPath } from "node:url";
import type { Fault } from "../../../src/base/errors.js";
import type * as gateway from "../../../src/gateway/index.js";
import type * as mcp from "../../../src/mcp/index.js";
import type * as index from "../../../src/index.js";

export type { Fault };
export type Library = typeof index;

/** The suite tests what is shipped: the built package, of which the sources lend their types alone. */
export async function library(): Promise<Library> {
  const built: Library = await import(new URL("../../../dist/index.js", import.meta.url).href);
  return built;
}

export async function gatewayLibrary(): Promise<typeof gateway> {
  const built: typeof gateway = await import(new URL("../../../dist/gateway/index.js", import.meta.url).href);
  return built;
}

export async function mcpLibrary(): Promise<typeof mcp> {
  const built: typeof mcp = await import(new URL("../../../dist/mcp/index.js", import.meta.url).href);
  return built;
}

export const builtCli = fileURLToPath(new URL("../../../dist/cli/bin.cjs", import.meta.url));
