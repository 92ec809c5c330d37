// Programs that speak TLS over a connection that they have already: a proxy over TLS that is theirs, or STARTTLS.
import { once } from "node:events";
import http from "node:http";
import { connect } from "node:tls";
import { describeError } from "../support/describe.mjs";

export async function program({ urls, say }) {
  // As most programs have it: without it nothing of the preload is in place yet.
  say("node:http is there", typeof http.request);
  const { hostname: host, port } = new URL(urls.secure);
  for (const when of ["once connected", "at once"]) {
    const outer = connect({ host, port, servername: host, ALPNProtocols: ["http/1.1"] });
    if (when === "once connected") await once(outer, "secureConnect");
    const inner = connect({ socket: outer, servername: host });
    const event = await new Promise((resolve) => {
      inner.once("secureConnect", () => resolve("secureConnect"));
      inner.once("error", (error) => resolve(describeError(error)));
    });
    // The server speaks HTTP there, and says so in clear.
    say(when, event);
    outer.destroy();
  }
}
