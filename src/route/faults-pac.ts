import { ConnectError } from "../base/errors.js";
import { redactUrl } from "../base/redact.js";
import type { PacProblem } from "./pac/sandbox.js";

// What is wrong with a PAC file. Each says which file; its text is shown nowhere.

/** How the file is named in messages: `data:` URLs hold the file itself. */
export function pacName(url: string): string {
  return url.startsWith("data:") ? "the PAC file in a data: URL" : `the PAC file ${redactUrl(url)}`;
}

const openIt = (url: string): string =>
  url.startsWith("data:") ? "correct the script in the setting" : "have whoever keeps that file correct it";

const nameOther = "or name the proxy itself in HTTPS_PROXY";

function unreachable(url: string, why: string, cause?: unknown): ConnectError {
  return new ConnectError("PAC_UNREACHABLE", {
    hop: "local",
    message: `${pacName(url)} cannot be read: ${why}`,
    remedy: `check its address and whether it can be reached from this network, ${nameOther}`,
    cause,
  });
}

function notAScript(url: string, what: string): ConnectError {
  return new ConnectError("PAC_INVALID", {
    hop: "local",
    message: `${pacName(url)} is ${what}`,
    remedy: `check its address: it must give a script with a function FindProxyForURL, ${nameOther}`,
  });
}

/** @param error what hinders it: most often a fault of the way to its server */
export function pacUnreachable(url: string, error: unknown): ConnectError {
  return unreachable(url, error instanceof Error ? error.message : "for an unknown reason", error);
}

export function pacUnread(url: string): ConnectError {
  return unreachable(url, "nobody has tried it yet");
}

export function pacRedirect(url: string): ConnectError {
  return unreachable(url, "it redirects to where it must not");
}

export function pacRedirects(url: string, times: number): ConnectError {
  return unreachable(url, `it redirects more than ${times} times`);
}

export function pacSlow(url: string, milliseconds: number): ConnectError {
  return unreachable(url, `there is no complete answer within ${milliseconds / 1000} s`);
}

export function pacStatus(url: string, status: number): ConnectError {
  return unreachable(url, `the server answers ${status}`);
}

export function pacFileUnreadable(url: string, error: unknown): ConnectError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
  return unreachable(url, code === "ENOENT" ? "there is no such file" : `reading it fails with ${code}`, error);
}

export function pacIsDirectory(url: string): ConnectError {
  return notAScript(url, "a directory");
}

export function pacTooLarge(url: string, limit: number): ConnectError {
  return notAScript(url, `larger than ${limit / 1024 / 1024} MB`);
}

export function pacMalformedData(url: string): ConnectError {
  return notAScript(url, "not encoded as a data: URL must be");
}

export function pacEmpty(url: string): ConnectError {
  return notAScript(url, "empty");
}

export function pacIsHtml(url: string): ConnectError {
  return notAScript(url, "an HTML page, as a login page or an error page would be");
}

// What a PAC file names that cannot be used, to stand behind "names".

export function notAList(): string {
  return "something that is not a list of proxies";
}

export function withoutHost(keyword: string): string {
  return `${keyword} without a host`;
}

export function withoutAddress(keyword: string): string {
  return `${keyword} with something that is not a host and port`;
}

export function onlyUnknown(keywords: readonly string[]): string {
  return `only ${keywords.slice(0, 3).join(" and ")}, which sallyport cannot speak`;
}

/** @param origin that it was asked for; none while it is loaded */
export function pacProblem(url: string, problem: PacProblem, milliseconds: number, origin?: string): ConnectError {
  const when = origin === undefined ? "" : ` when it is asked about ${origin}`;
  if (problem.problem === "time") {
    return new ConnectError("PAC_TIMEOUT", {
      hop: "local",
      message: `${pacName(url)} takes longer than ${milliseconds} ms to answer${when}, and was stopped`,
      remedy: `${openIt(url)} (an endless loop?), ${nameOther}`,
    });
  }
  if (problem.problem === "engine") {
    return new ConnectError("PAC_INVALID", {
      hop: "local",
      message: `${pacName(url)} cannot be run: the sandbox for it does not start${shown(problem)}`,
      remedy: `install sallyport again with its dependencies, and permit worker threads (--allow-worker), ${nameOther}`,
    });
  }
  return new ConnectError("PAC_INVALID", {
    hop: "local",
    message: `${pacName(url)} ${said(problem)}${when}`,
    remedy: `${openIt(url)}, ${nameOther}`,
  });
}

function said(problem: PacProblem): string {
  switch (problem.problem) {
    case "memory":
      return "needs more memory than a PAC file may have";
    case "missing":
      return "defines no function FindProxyForURL";
    case "early":
      return "asks for names outside FindProxyForURL, where nobody can answer";
    case "type":
      return `answers with ${problem.name ?? "something"} instead of text`;
    default:
      return problem.name === "SyntaxError" ? `is not valid JavaScript${shown(problem)}` : `fails${shown(problem)}`;
  }
}

/** The engine's own words, and the line. What a script throws may hold anything: it is shown on one line and cut. */
function shown({ name, message, line }: PacProblem): string {
  const at = line === undefined ? "" : ` in line ${line}`;
  const text = (message ?? "").replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").slice(0, 120);
  return `${at}${text === "" ? "" : `: ${name === undefined || name === "SyntaxError" ? "" : `${name}: `}${text}`}`;
}

/** @param what stands behind "names" */
export function pacAnswerInvalid(url: string, what: string, origin: string): ConnectError {
  return new ConnectError("PAC_INVALID", {
    hop: "local",
    message: `${pacName(url)} names ${what} for ${origin}`,
    remedy: `${openIt(url)}: an answer is written as "PROXY host:port; DIRECT", ${nameOther}`,
  });
}

/** What a script said of a file that cannot be used, for the reason of a route that goes on without it. */
export function directInstead(setting: string, { code, message }: ConnectError): string {
  return `${message} (${code}), and ${setting} is to be direct then`;
}
