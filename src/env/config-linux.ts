import { posix } from "node:path";
import type { ConfigPaths } from "./config-paths.js";

/** The XDG Base Directory Specification: a relative `XDG_CONFIG_HOME` must be ignored (and would be the working directory). */
export const linuxConfigPaths: ConfigPaths = {
  user({ home, variable }) {
    const configured = variable("XDG_CONFIG_HOME");
    const base = configured !== undefined && posix.isAbsolute(configured) ? configured : posix.join(home, ".config");
    return posix.join(base, "sallyport", "config.json");
  },
  managed: () => "/etc/sallyport/config.json",
};
