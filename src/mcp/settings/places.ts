import { posix, win32 } from "node:path";
import type { ClientName, Format, Place, Scope, Surroundings } from "./types.js";

const strict: Format = { kind: "json", comments: false, trailingCommas: false };
const lenient: Format = { kind: "json", comments: true, trailingCommas: true };

interface Client {
  readonly title: string;
  readonly format: Format;
  readonly table: readonly string[];
  user(around: Paths): string;
  /** Within a project; absent for a program that has no such file. */
  readonly project?: readonly string[];
  /**
   * Started from a desktop, where `PATH` and the variables of a shell do not reach: what it starts is named by its whole path.
   */
  readonly desktop: boolean;
}

/** Each client's files, by its own documentation. */
const clients: Readonly<Record<ClientName, Client>> = {
  // https://code.claude.com/docs/en/mcp
  "claude-code": {
    title: "Claude Code",
    format: strict,
    table: ["mcpServers"],
    user: ({ join, home, variable }) => join(variable("CLAUDE_CONFIG_DIR") ?? home, ".claude.json"),
    project: [".mcp.json"],
    desktop: false,
  },
  // https://modelcontextprotocol.io/docs/develop/connect-local-servers
  "claude-desktop": {
    title: "Claude Desktop",
    format: strict,
    table: ["mcpServers"],
    user: ({ join, settings }) => join(settings, "Claude", "claude_desktop_config.json"),
    desktop: true,
  },
  // https://cursor.com/docs/mcp
  cursor: {
    title: "Cursor",
    format: lenient,
    table: ["mcpServers"],
    user: ({ join, home }) => join(home, ".cursor", "mcp.json"),
    project: [".cursor", "mcp.json"],
    desktop: true,
  },
  // https://code.visualstudio.com/docs/agents/reference/mcp-configuration
  vscode: {
    title: "VS Code",
    format: lenient,
    table: ["servers"],
    user: ({ join, settings }) => join(settings, "Code", "User", "mcp.json"),
    project: [".vscode", "mcp.json"],
    desktop: true,
  },
  // https://developers.openai.com/codex/mcp
  codex: {
    title: "Codex",
    format: { kind: "toml" },
    table: ["mcp_servers"],
    user: ({ join, home, variable }) => join(variable("CODEX_HOME") ?? join(home, ".codex"), "config.toml"),
    project: [".codex", "config.toml"],
    desktop: false,
  },
  // https://geminicli.com/docs/tools/mcp-server
  gemini: {
    title: "Gemini CLI",
    format: { kind: "json", comments: true, trailingCommas: false },
    table: ["mcpServers"],
    user: ({ join, home, variable }) => join(variable("GEMINI_CLI_HOME") ?? home, ".gemini", "settings.json"),
    project: [".gemini", "settings.json"],
    desktop: false,
  },
};

interface Paths {
  readonly join: (...parts: string[]) => string;
  readonly home: string;
  /** Where programs of the desktop keep their settings. */
  readonly settings: string;
  /** An absolute path from a variable; undefined where it is not set to one. */
  readonly variable: (name: string) => string | undefined;
}

export const titleOf = (client: ClientName): string => clients[client].title;
export const isDesktop = (client: ClientName): boolean => clients[client].desktop;

/** Where a client keeps its servers; undefined where it has no file of this scope. */
export function placeOf(client: ClientName, scope: Exclude<Scope, "local">, around: Surroundings): Place | undefined {
  const { format, table, user, project } = clients[client];
  const paths = pathsOf(around);
  if (scope === "user") return { client, scope, path: user(paths), format, table };
  if (project === undefined) return undefined;
  return { client, scope, path: paths.join(around.directory, ...project), format, table };
}

function pathsOf({ platform, home, variables }: Surroundings): Paths {
  const { join, isAbsolute } = platform === "win32" ? win32 : posix;
  const variable = (name: string): string | undefined => {
    const key =
      platform === "win32" ? Object.keys(variables).find((one) => one.toUpperCase() === name.toUpperCase()) : name;
    const value = key === undefined ? undefined : variables[key];
    return value !== undefined && isAbsolute(value) ? value : undefined;
  };
  const settings =
    platform === "win32"
      ? (variable("APPDATA") ?? join(home, "AppData", "Roaming"))
      : platform === "darwin"
        ? join(home, "Library", "Application Support")
        : (variable("XDG_CONFIG_HOME") ?? join(home, ".config"));
  return { join, home, settings, variable };
}
