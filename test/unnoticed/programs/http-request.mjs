// node:http and node:https with nothing but their defaults: answers, events in order, what the request and its socket say.
import http from "node:http";
import https from "node:https";

export async function program({ urls, say }) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    for (const path of ["echo", "empty", "teapot", "trailers", "early", "close"]) {
      say(`${kind} ${path}`, await ask(client, `${urls[kind]}/${path}`));
    }
  }
  // Which name the certificate must be for.
  const agent = new https.Agent({ keepAlive: true });
  for (const [what, options] of Object.entries({
    "another host's header": { headers: { host: "other.test:1" } },
    "another host's header, by an agent": { headers: { host: "other.test" }, agent },
    "another servername": { servername: "other.test" },
  })) {
    const { asking, status } = await ask(https, `${urls.secure}/echo`, options);
    // A connection that fails is seen as a socket by Node alone.
    say(`secure, ${what}`, [asking.filter((event) => event !== "socket"), status]);
  }
}

function ask(client, url, options = {}) {
  // Each has its order. Between the two it may differ from one run to the next: how fast the answer comes decides.
  const [asking, answering] = [[], []];
  return new Promise((resolve) => {
    const request = client.get(url, { headers: { "X-Mixed-Case": "kept" }, ...options });
    for (const event of ["socket", "information", "response", "error", "close"]) {
      request.on(event, (first) => asking.push(event === "error" ? `error ${first.code}` : event));
    }
    request.on("response", (response) => {
      let text = "";
      for (const event of ["end", "aborted", "error", "close"]) {
        response.on(event, (error) => answering.push(`${event}${error ? ` ${error.code}` : ""}`));
      }
      response.on("data", (chunk) => (text += chunk));
      response.on("close", () => {
        const { statusCode: status, rawHeaders: head, trailers } = response;
        setImmediate(resolve, { asking, answering, status, head, text, trailers });
      });
    });
    request.on("error", () => request.on("close", () => resolve({ asking })));
  });
}
