import { ConnectError } from "../../base/errors.js";
import { formatAuthority, hostPortOf } from "../../base/hostname.js";
import { oneLine } from "../../base/one-line.js";
import { mediaType, type AnswerHead } from "./http.js";
import { longestMessage } from "./longest.js";

/** "mcp.example.com", with the port where it is not the scheme's own. Paths and queries may hold keys. */
export function called(url: URL): string {
  const { protocol } = url;
  return protocol === "http:" || protocol === "https:" ? formatAuthority(hostPortOf(url), protocol) : url.host;
}

/** The server wants a login, and there is none, or what was sent is not good for it. */
export function loginRefused(url: URL, { status }: AnswerHead, first: boolean, cause?: unknown): ConnectError {
  return new ConnectError("MCP_LOGIN_REQUIRED", {
    hop: "target",
    message: first
      ? `the MCP server ${called(url)} requires a login (${status})`
      : `the MCP server ${called(url)} refuses the login that it was just given (${status})`,
    remedy: first
      ? "give it a token with --header 'Authorization: Bearer ${TOKEN}', or the client certificate that it expects with --cert and --key"
      : "check that the account may use this server, and that this machine's clock is right",
    cause,
  });
}

/** An answer that is none of MCP's. `start` is how its body begins. */
export function notMcp(url: URL, head: AnswerHead, start: string): ConnectError {
  const { status } = head;
  const type = mediaType(head);
  if (type === "text/html" || /^\s*<(?:!doctype|html)/i.test(start)) return htmlPage(url, status, start);
  const what =
    status >= 200 && status < 300
      ? `with something that is not a message of MCP (${status}, ${type === "" ? "no content type" : oneLine(type, 60)})`
      : `with HTTP ${status}${said(start)}`;
  return new ConnectError("MCP_ANSWER_INVALID", {
    hop: "target",
    message: `${called(url)} answered ${what}`,
    remedy:
      status >= 500
        ? "try again; if it happens each time, ask whoever runs the server, or the proxy in front of it"
        : "check the URL: it must be the server's MCP endpoint, often with /mcp or /sse at its end",
  });
}

function htmlPage(url: URL, status: number, start: string): ConnectError {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(start)?.[1];
  return new ConnectError("HTTP_BLOCK_PAGE", {
    hop: "target",
    message: `${called(url)} answered with a web page (${status}${title === undefined ? "" : `, "${oneLine(title.trim(), 80)}"`}) instead of a message of MCP`,
    remedy:
      "check the URL; if it is right, a proxy or a login portal on the path sent this page: open the URL in a browser to read it",
  });
}

/** What a server says in plain text or in a JSON error, on one line and not for long. */
function said(start: string): string {
  const text = messageIn(start) ?? (/^[\x20-\x7E\s]{1,200}$/.test(start) ? start : "");
  return text.trim() === "" ? "" : ` (${oneLine(text.trim(), 120)})`;
}

function messageIn(text: string): string | undefined {
  return /"(?:message|error_description|detail)"\s*:\s*"([^"\\]{1,200})"/.exec(text)?.[1];
}

/** A stream ended, and the answer had not come. */
export function answerLost(url: URL, isHalf: boolean, cause?: unknown): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `${called(url)} ended the stream ${isHalf ? "in the middle of a message" : "without the answer"}`,
    remedy: "try again; if it happens each time, a proxy on the path may be limiting how long an answer may take",
    cause,
  });
}

/** A body or an event that should be a message, and is not even JSON. */
export function notJson(url: URL, cause: unknown): ConnectError {
  return new ConnectError("MCP_ANSWER_INVALID", {
    hop: "target",
    message: `${called(url)} sent a message that is not valid JSON-RPC`,
    remedy: "report it to whoever runs the server; a proxy on the path that changes answers would do this too",
    cause,
  });
}

const megabytes = `${longestMessage / 1024 / 1024} MB`;

/** Of a line of the client's. */
const wrongLine = (message: string, remedy: string) => (): ConnectError =>
  new ConnectError("MCP_MESSAGE_INVALID", { hop: "local", message, remedy });

export const invalidLine = wrongLine(
  "a line on standard input is not a valid message: it must be one JSON-RPC object",
  "start this command from an MCP client; it reads one JSON text a line, and nothing else",
);

export const lineTooLong = wrongLine(
  `a line on standard input is longer than ${megabytes}, and was passed over`,
  "start this command from an MCP client, and have it send less at a time",
);

/** An answer, or an event of a stream. */
export function messageTooLong(url: URL): ConnectError {
  return new ConnectError("MCP_ANSWER_INVALID", {
    hop: "target",
    message: `${called(url)} sent a message of more than ${megabytes}`,
    remedy: "ask the server for less at a time; if it sends without end, report it to whoever runs it",
  });
}

export function toolNotAllowed(tool: string): ConnectError {
  return new ConnectError("MCP_TOOL_NOT_ALLOWED", {
    hop: "local",
    message: `the tool ${JSON.stringify(oneLine(tool, 80))} is not allowed by --allow-tool and --deny-tool`,
    remedy: "change these options where the client starts this bridge, if the tool should be used",
  });
}

/** What no part of the path has named. */
export function relayFailed(url: URL, cause: Error): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `the request to ${called(url)} failed: ${oneLine(cause.message, 120)}`,
    remedy: "try again; run sallyport doctor with the server's URL to see where the path ends",
    cause,
  });
}

export function sessionLost(url: URL, cause?: unknown): ConnectError {
  return new ConnectError("MCP_SESSION_LOST", {
    hop: "target",
    message: `${called(url)} has forgotten the session, and a new one could not be opened`,
    remedy: "restart the MCP client; if it happens each time, ask whoever runs the server how long it keeps sessions",
    cause,
  });
}

/** `--protocol` asks for an era that the server does not speak. */
export function eraForbidden(url: URL, era: "legacy" | "modern"): ConnectError {
  return new ConnectError("MCP_VERSION_UNSUPPORTED", {
    hop: "target",
    message: `${called(url)} does not speak ${era === "modern" ? "protocol 2026-07-28, which --protocol modern asks for" : "a protocol up to 2025-11-25, which --protocol legacy asks for"}`,
    remedy: "leave --protocol out: the bridge translates between the two",
  });
}

/** What a client is told of a defect of ours: what was thrown may hold anything. */
export const internalError = "sallyport failed to relay this message";

/** What a server is told that asks the client something of its own accord, which a modern server may only do within a request. */
export const strayQuestion = "the client has no request under way that this question could belong to";

export const tooManyRounds = (most: number): string => `the server still asks for input after ${most} rounds`;
