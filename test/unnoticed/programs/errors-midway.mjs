// A server that breaks off: before its answer, inside it, by a reset.
import http from "node:http";
import https from "node:https";

export async function program({ urls, say }) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    for (const path of ["hang-up", "cut", "cut-chunked", "reset"]) {
      for (const method of ["GET", "POST"]) {
        say(`${kind} ${method} ${path}`, await ask(client, `${urls[kind]}/${path}`, method));
      }
    }
  }
}

function ask(client, url, method) {
  const events = [];
  return new Promise((resolve) => {
    const request = client.request(url, { method });
    const listen = (emitter, name, of) => {
      for (const event of of)
        emitter.on(event, (error) => {
          events.push(`${name} ${event}${error instanceof Error ? ` ${error.code} ${error.name}` : ""}`);
        });
    };
    listen(request, "request", ["response", "error", "close"]);
    request.on("response", (response) => {
      listen(response, "response", ["aborted", "end", "error", "close"]);
      response.resume();
      events.push(`complete before: ${response.complete}`);
      response.on("close", () => events.push(`complete: ${response.complete}`, `aborted: ${response.aborted}`));
    });
    request.on("close", () => setImmediate(resolve, events));
    request.end();
  });
}
