import { once } from "node:events";
import { Silence, within } from "./silence.js";
import { isBrokenHttp2 } from "../../clients/index.js";
import { brokenHttp2, noHttp2Answer } from "./faults.js";
import type { Found, Probing } from "./types.js";

/** Whether HTTP/2 is agreed on, and a request over it answered. */
export async function http2({ url, open, patience }: Probing): Promise<Found> {
  if (url.protocol === "http:") return found("an http:// URL has none");
  const { socket, alpn } = await open({ alpn: ["h2", "http/1.1"] });
  if (alpn !== "h2") {
    socket.destroy();
    return found("not spoken there, or taken out on the way: HTTP/1.1 was agreed on");
  }
  const { connect } = await import("node:http2");
  const session = connect(url.origin, { createConnection: () => socket });
  let broken: Error | undefined;
  session.on("error", (error) => (broken ??= error));
  try {
    const request = session.request({ ":path": `${url.pathname}${url.search}`, "user-agent": "sallyport-doctor" });
    request.on("error", (error) => (broken ??= error));
    const failed = once(request, "close").then(() => Promise.reject(new Silence(patience)));
    const [headers] = (await within(patience, Promise.race([once(request, "response"), failed]))) as [
      Readonly<Record<string, unknown>>,
    ];
    return found(`agreed on, and answered (${String(headers[":status"])})`);
  } catch (error) {
    const why = error instanceof Silence ? broken : error;
    if (why instanceof Error && isBrokenHttp2(why))
      return { ...found("agreed on, and broken"), warning: brokenHttp2(url, why) };
    if (!(error instanceof Silence)) throw error;
    return { ...found("agreed on, and not answered"), warning: noHttp2Answer(url) };
  } finally {
    session.destroy();
    socket.destroy();
  }
}

const found = (detail: string): Found => ({ stage: "http", detail: `HTTP/2: ${detail}` });
