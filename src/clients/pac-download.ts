import type { Socket } from "node:net";
import { isConnectError } from "../base/errors.js";
import { usualPort } from "../base/hostname.js";
import { dial } from "../dial/index.js";
import type { DialContext } from "../dial/types.js";
import { pacFaults, type PacDownload, type PacFetch, type PacMarks } from "../route/index.js";
import type { Route } from "../route/types.js";

const { pacRedirect, pacRedirects, pacSlow, pacStatus, pacTooLarge, pacUnreachable } = pacFaults;

/** From the first connection to the last byte, redirects included. */
const milliseconds = 10_000;
const mostRedirects = 5;

/** Gets a PAC file by the settings of `context`, but past every proxy: which one to use is what the file is to say. */
export function pacDownload(context: () => DialContext): PacFetch {
  return async (url, marks, limit) => {
    const signal = AbortSignal.timeout(milliseconds);
    try {
      let next = new URL(url);
      for (let left = mostRedirects; ; left--) {
        const answer = await get(context(), next, marks, { limit, signal, file: url });
        if (!("location" in answer)) return answer;
        const to = URL.canParse(answer.location, next.href) ? new URL(answer.location, next) : undefined;
        const isPlain = to?.protocol === "http:" && next.protocol === "https:";
        if (to === undefined || isPlain || !/^https?:$/.test(to.protocol)) throw pacRedirect(url);
        if (left === 0) throw pacRedirects(url, mostRedirects);
        next = to;
      }
    } catch (error) {
      if (isConnectError(error) && error.code.startsWith("PAC_")) throw error;
      if (signal.aborted) throw pacSlow(url, milliseconds);
      throw pacUnreachable(url, error);
    }
  };
}

interface Bounds {
  readonly limit: number;
  readonly signal: AbortSignal;
  /** For messages. */
  readonly file: string;
}

async function get(
  context: DialContext,
  url: URL,
  marks: PacMarks,
  bounds: Bounds,
): Promise<PacDownload | { readonly location: string }> {
  const protocol = url.protocol === "https:" ? "https:" : "http:";
  const port = Number(url.port === "" ? usualPort(protocol) : url.port);
  const origin = `${protocol}//${url.hostname}:${port}`;
  const route: Route = {
    origin,
    kind: "direct",
    hops: [],
    reason: "a PAC file is read directly",
    source: { kind: "default" },
  };
  const { socket } = await dial(
    context,
    { protocol, host: url.hostname, port },
    { route, signal: bounds.signal, deadline: milliseconds },
  );
  try {
    return await exchange(socket, url, marks, bounds);
  } finally {
    socket.destroy();
  }
}

async function exchange(
  socket: Socket,
  url: URL,
  marks: PacMarks,
  { limit, signal, file }: Bounds,
): Promise<PacDownload | { readonly location: string }> {
  const { request } = await import("node:http");
  const login =
    url.username === "" ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const sent = request({
    // Without an agent: one, `false` too, would make a connection of its own.
    createConnection: () => socket,
    host: url.hostname,
    path: `${url.pathname}${url.search}`,
    signal,
    headers: {
      host: url.host,
      accept: "application/x-ns-proxy-autoconfig, */*;q=0.5",
      connection: "close",
      ...(marks.etag !== undefined && { "if-none-match": marks.etag }),
      ...(marks.lastModified !== undefined && { "if-modified-since": marks.lastModified }),
      ...(login !== undefined && { authorization: `Basic ${Buffer.from(login).toString("base64")}` }),
    },
  });
  const answer = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    sent.once("error", reject);
    sent.end();
  });
  const { statusCode: status = 0, headers } = answer;
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers["cache-control"] ?? "")?.[1];
  const kept = {
    marks: {
      ...(headers.etag !== undefined && { etag: headers.etag }),
      ...(headers["last-modified"] !== undefined && { lastModified: headers["last-modified"] }),
    },
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
  };
  if (status === 304) return { ...kept, marks };
  if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined)
    return { location: headers.location };
  if (status !== 200) throw pacStatus(file, status);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limit) throw pacTooLarge(file, limit);
    chunks.push(bytes);
  }
  return { text: Buffer.concat(chunks).toString("utf8"), ...kept };
}
