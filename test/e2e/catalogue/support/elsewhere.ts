import type { FaultCode } from "../../../../src/base/codes.js";

const bridge = "a message of MCP gives it, and no path: `test/e2e/mcp/`";
const oauth = "the login of an MCP server gives it, and no path: `test/e2e/mcp/login.test.ts`";

/** Codes that no scene here makes, and why: with the tests that do. */
export const elsewhere: Readonly<Partial<Record<FaultCode, string>>> = {
  CLAUDE_SETTINGS_CONFLICT: "a bare `doctor` alone reads Claude Code's settings: `test/cli/claude-settings.test.ts`",
  KEYRING_UNAVAILABLE:
    "needs the optional package and a keyring: `src/env/keyring.test.ts`, `test/e2e/login/stored.test.ts`",
  PROXY_LOGIN_UNREADABLE: "a damaged file of `sallyport login`: `src/env/proxy-logins.test.ts`",
  CAPTURE_UNAVAILABLE: "`run --capture` alone gives it: `test/real/capture.test.ts`",
  STREAM_STALLED:
    "within an answer that has begun: `src/doctor/probes/probes.test.ts`, `src/clients/dispatcher/pulse.test.ts`",
  OAUTH_DISCOVERY_FAILED: oauth,
  OAUTH_REFUSED: oauth,
  OAUTH_LOGIN_INCOMPLETE: oauth,
  OAUTH_TOKEN_REFUSED: oauth,
  OAUTH_TOKEN_BOUND: oauth,
  MCP_ANSWER_INVALID: bridge,
  MCP_MESSAGE_INVALID: bridge,
  MCP_LOGIN_REQUIRED: bridge,
  MCP_SESSION_LOST: bridge,
  MCP_VERSION_UNSUPPORTED: bridge,
  MCP_TOOL_NOT_ALLOWED: bridge,
};
