import { posix } from "node:path";
import type { ConfigPaths } from "./config-paths.js";

export const macosConfigPaths: ConfigPaths = {
  user: ({ home }) => posix.join(home, "Library", "Application Support", "sallyport", "config.json"),
  managed: () => "/Library/Application Support/sallyport/config.json",
};
