import { parseTarget, warningsFor } from "../../doctor/index.js";
import { isUtf8 } from "node:buffer";
import { percentDecoded } from "../../base/percent.js";
import { readBody } from "./body.js";
import { writeFile } from "../terminal/output-file.js";
import { requestFault } from "../faults-request.js";
import { exitCode, type Io, type Output } from "../terminal/io.js";
import type { Context } from "../context.js";
import { openNetwork } from "./network.js";
import type { FetchFlags } from "../invocation.js";
import { parseResolve } from "./resolve.js";
import { Progress } from "../terminal/progress.js";
import { invalidMethod, ownHeader, invalidHeader, invalidMaxTime, unsendable } from "../faults.js";

/** `sallyport fetch`: one request, its body to stdout as it comes. */
export async function fetchCommand(text: string, flags: FetchFlags, context: Context): Promise<number> {
  const { io, terminal } = context;
  const url = parseTarget(text);
  const maxTime = seconds(flags.maxTime);
  const login = takeLogin(url);
  const init = await requestInit(flags, login, io);
  assertSendable(url, init);
  const progress = new Progress(terminal, flags.verbose === true && flags.json !== true);
  const signal = maxTime === undefined ? io.signal : AbortSignal.any([io.signal, AbortSignal.timeout(maxTime)]);

  await using network = await openNetwork(flags, context, {
    entries: (flags.resolve ?? []).map(parseResolve),
    target: url,
  });
  await terminal.warn(await warningsFor(network, url));
  try {
    using watching = progress.watch();
    void watching;
    const started = performance.now();
    const response = await network.fetch(url.href, { ...init, signal });
    if (flags.json === true) await printJson(response, flags, context, { started, url: url.href });
    else await printBody(response, flags, context);
    return flags.fail === true && response.status >= 400 ? exitCode.network : exitCode.fine;
  } catch (error) {
    // Closing would wait for the rest of an answer that nobody reads.
    await network.destroy();
    throw requestFault(error, {
      url,
      signal,
      maxTime,
      stages: progress.stages,
      follows: flags.location === true,
    });
  }
}

/** fetch refuses URLs with a login, and its error would show it: as with curl, it becomes a header. */
function takeLogin(url: URL): string | undefined {
  const { username, password } = url;
  if (username === "" && password === "") return undefined;
  url.username = "";
  url.password = "";
  return Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`).toString("base64");
}

async function requestInit(flags: FetchFlags, login: string | undefined, io: Io): Promise<RequestInit> {
  const headers = new Headers({ "user-agent": "sallyport", accept: "*/*" });
  if (login !== undefined) headers.set("authorization", `Basic ${login}`);
  for (const line of flags.header ?? []) addHeader(headers, line);
  const body = flags.data === undefined ? undefined : await readBody(flags.data, io);
  // curl's default, for who is used to it.
  if (body !== undefined && !headers.has("content-type"))
    headers.set("content-type", "application/x-www-form-urlencoded");
  return {
    method: method(flags.request) ?? (body === undefined ? "GET" : "POST"),
    headers,
    redirect: flags.location === true ? "follow" : "manual",
    ...(body === undefined ? {} : { body }),
  };
}

/** Only what can be a method is repeated in a message. */
function method(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z-]{1,20}$/.test(text)) return text;
  throw invalidMethod();
}

/** fetch says so too, but only after everything is set up, and with the values in its words. */
function assertSendable(url: URL, init: RequestInit): void {
  try {
    void new Request(url, init);
  } catch {
    throw unsendable(init.method ?? "GET");
  }
}

/** What fetch would fail for, and only once it is connected (RFC 9110 section 7.6.1, RFC 9112 section 6). */
const connectionHeaders = ["Transfer-Encoding", "Content-Length", "Upgrade", "Expect", "Keep-Alive"] as const;

function addHeader(headers: Headers, line: string): void {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).trim();
  const owned = connectionHeaders.find((one) => one.toLowerCase() === name.toLowerCase());
  if (owned !== undefined) {
    throw ownHeader(owned);
  }
  try {
    if (colon < 1) throw new TypeError("no name");
    headers.append(name, line.slice(colon + 1).trim());
  } catch {
    // The value may be a token: it is not repeated.
    throw invalidHeader();
  }
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0) || value > 86_400) throw invalidMaxTime();
  return value * 1000;
}

async function printBody(response: Response, flags: FetchFlags, { io }: Context): Promise<void> {
  if (flags.include === true) await io.stdout.write(head(response));
  if (flags.output === undefined) await stream(response, io.stdout);
  else await writeFile(response.body, flags.output);
}

function head(response: Response): string {
  const lines = [
    `HTTP ${response.status} ${response.statusText}`.trimEnd(),
    ...[...response.headers].map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\n")}\n\n`;
}

async function stream(response: Response, output: Output): Promise<void> {
  if (response.body === null) return;
  // Each chunk as it comes: an event stream is read while it runs.
  for await (const chunk of response.body) await output.write(chunk);
}

interface Request {
  readonly started: number;
  readonly url: string;
}

/** schema/fetch.json: the body too, unless it went to a file. */
async function printJson(
  response: Response,
  flags: FetchFlags,
  { terminal }: Context,
  { started, url }: Request,
): Promise<void> {
  const common = {
    ok: true,
    url: withoutQuery(response.url || url),
    status: response.status,
    headers: headerFields(response.headers),
  };
  if (flags.output !== undefined) {
    await writeFile(response.body, flags.output);
    await terminal.json({
      ...common,
      ms: Math.round(performance.now() - started),
      body: { encoding: "file", path: flags.output },
    });
    return;
  }
  const bytes = Buffer.from(await response.arrayBuffer());
  const body = isUtf8(bytes)
    ? { encoding: "utf8", text: bytes.toString("utf8") }
    : { encoding: "base64", text: bytes.toString("base64") };
  await terminal.json({ ...common, ms: Math.round(performance.now() - started), body });
}

/** Repeated fields are one, joined with commas, but for Set-Cookie, whose dates hold commas (RFC 6265 section 3). */
function headerFields(headers: Headers): Record<string, string | readonly string[]> {
  const cookies = headers.getSetCookie();
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { "set-cookie": cookies }) };
}

function withoutQuery(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}`;
}
