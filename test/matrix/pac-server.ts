import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server on loopback with one PAC file. */
export interface PacServer extends AsyncDisposable {
  readonly url: string;
}

/** @param ways what the file answers for each host, as `PROXY host:port; …`; the first of them for all others as well */
export async function servePac(ways: readonly (readonly [host: string, way: string])[]): Promise<PacServer> {
  const [known, other] = [Object.fromEntries(ways), ways[0]?.[1]].map((each) => JSON.stringify(each));
  const script = `function FindProxyForURL(url, host) { return ${known}[host] || ${other}; }`;
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/x-ns-proxy-autoconfig").end(script);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/proxy.pac`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
