import type { LoginSource, McpLogin } from "../types.js";
import type { LoginOptions } from "./types.js";

/**
 * The login of one server: nothing of it is loaded before the server asks for one, or an earlier one has left a token.
 * @internal
 */
export function createLoginSource(options: LoginOptions): LoginSource {
  return {
    async stored() {
      const { fileOf } = await import("./store.js");
      // A folder that cannot be read holds none; what is wrong with it is told when a login is to be kept there.
      const names = await options.files.names().catch((): readonly string[] => []);
      return names.includes(fileOf(options));
    },
    async open(): Promise<McpLogin> {
      const { Login } = await import("./login.js");
      return new Login(options);
    },
  };
}
