import { createServer, type ServerResponse } from "node:http";
import { listen } from "./ports.js";

/**
 * An origin that streams: `/events/<name>` sends its first event and then waits. The second comes when somebody asks for
 * `/continue/<name>`, so a client that has seen the first one before the second was sent has proved that nothing on the
 * way holds an answer back, without a clock.
 */
export async function startStreamOrigin(): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const waiting = new Map<string, ServerResponse>();
  const server = createServer((request, response) => {
    const [, action, name = ""] = (request.url ?? "").split("/");
    if (action === "events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: first\ndata: 1\n\n");
      waiting.set(name, response);
      return;
    }
    waiting.get(name)?.end("event: second\ndata: 2\n\n");
    response.writeHead(waiting.delete(name) ? 204 : 404).end();
  });
  return {
    port: await listen(server),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
