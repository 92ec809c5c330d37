import { posix } from "node:path";
import type { ConfigPlaces } from "./config-paths.js";

export const macosPlaces: ConfigPlaces = {
  user: ({ home }) => posix.join(home, "Library", "Application Support", "sallyport", "config.json"),
  managed: () => "/Library/Application Support/sallyport/config.json",
};
