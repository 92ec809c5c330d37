import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { siteNames } from "./site.js";

/** A proxy with a login, and the only one in its network that knows the outside names. */
export interface LoginProxy extends AsyncDisposable {
  readonly url: string;
  /** What it was asked for: `CONNECT host:port`, or the request's line. */
  readonly asked: readonly string[];
  /** Those of the site whose servers are asked for at the usual ports of the web. */
  webPorts: ReadonlyMap<number, number>;
}

export async function openLoginProxy(): Promise<LoginProxy> {
  const asked: string[] = [];
  const portOf = (text: string): number => proxy.webPorts.get(Number(text)) ?? Number(text);
  const open = new Set<Socket>();
  const login = `Basic ${Buffer.from("alice:s3cr3t").toString("base64")}`;
  const server = http.createServer((request, response) => {
    const url = request.url ?? "";
    if (request.headers["proxy-authorization"] !== login || !URL.canParse(url))
      return void response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
    asked.push(`${request.method} ${url}`);
    const { hostname, port, pathname, search } = new URL(url);
    if (!siteNames.includes(hostname)) return void response.writeHead(502).end();
    const headers = withoutProxyFields(request.rawHeaders);
    const path = `${pathname}${search}`;
    const upstream = http.request({
      host: "127.0.0.1",
      port: portOf(port),
      path,
      method: request.method,
      headers,
      agent: false,
    });
    // The 100 is this server's own to say.
    upstream.on("information", ({ headers: { link } }) => link !== undefined && response.writeEarlyHints({ link }));
    upstream.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      // As it ends there, it ends here.
      answer.on("error", () => response.socket?.destroySoon());
      answer.on("end", () => response.addTrailers(answer.trailers));
      answer.pipe(response);
    });
    // A reset is told before the answer is: that it was read tells it from a mere end.
    upstream.on("error", ({ syscall }: NodeJS.ErrnoException) =>
      syscall === "read" ? response.socket?.resetAndDestroy() : response.socket?.destroy(),
    );
    return void request.pipe(upstream);
  });
  server.on("connect", (request, socket: Socket) => {
    const target = new URL(`tunnel://${request.url}`);
    socket.on("error", () => undefined);
    if (request.headers["proxy-authorization"] !== login)
      return void socket.end("HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
    asked.push(`CONNECT ${request.url}`);
    if (!siteNames.includes(target.hostname))
      return void socket.end("HTTP/1.1 502 Unknown\r\nContent-Length: 0\r\n\r\n");
    const upstream = net.connect({ host: "127.0.0.1", port: portOf(target.port) }, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    // A reset goes on as one.
    upstream.on("error", () => socket.resetAndDestroy());
    upstream.on("close", () => socket.destroySoon());
    return void socket.on("close", () => upstream.destroy());
  });
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: LoginProxy = {
    url: `http://alice:s3cr3t@127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    webPorts: new Map(),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function withoutProxyFields(raw: readonly string[]): string[] {
  return raw.flatMap((name, at) => (at % 2 === 0 && !/^proxy-/i.test(name) ? [name, raw[at + 1] ?? ""] : []));
}
