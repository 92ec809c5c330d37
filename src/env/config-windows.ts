import { win32 } from "node:path";
import type { ConfigPaths } from "./config-paths.js";

export const windowsConfigPaths: ConfigPaths = {
  user({ home, variable }) {
    return win32.join(
      absolute(variable("APPDATA")) ?? win32.join(home, "AppData", "Roaming"),
      "sallyport",
      "config.json",
    );
  },
  managed: ({ variable }) =>
    win32.join(absolute(variable("ProgramData")) ?? "C:\\ProgramData", "sallyport", "config.json"),
};

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && win32.isAbsolute(path) ? path : undefined;
}
