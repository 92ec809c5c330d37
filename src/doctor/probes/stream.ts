import { quotePeer } from "../../dial/index.js";
import { exchange } from "./exchange.js";
import { heldBack, streamSilent } from "./faults.js";
import { Silence } from "./silence.js";
import type { Found, Probing } from "./types.js";

/** Milliseconds after which a stream that comes whole has been kept somewhere: a short one is made at once. */
const late = 1000;
/** Milliseconds that lie between two pieces that did not come together. */
const apart = 40;

/**
 * Asks for an event stream and watches when its pieces come: whether it is held open, and whether somebody on the way keeps it back until it
 * is over. What does not stream says nothing of the way.
 */
export async function stream({ url, open, monotonic, patience }: Probing): Promise<Found> {
  const connection = await open();
  try {
    const start = monotonic();
    const { response } = await exchange(connection, url, {
      headers: { accept: "text/event-stream", "cache-control": "no-cache" },
      patience,
    });
    const kind = response.headers["content-type"] ?? "";
    if (!/event-stream|ndjson|stream\+json/i.test(kind))
      return found(
        `the answer is another kind than an event stream (${quotePeer(kind, 40) || "no content type"}): name a URL that streams`,
      );
    const times: number[] = [];
    let ended = false;
    const timer = setTimeout(() => response.destroy(), patience);
    try {
      for await (const piece of response) if ((piece as Buffer).length > 0) times.push(monotonic() - start);
      ended = true;
    } catch {
      // It was watched for long enough, or it broke off: what came is judged.
    } finally {
      clearTimeout(timer);
    }
    return judge(times, ended, { url, patience });
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    return { ...found("no byte of an event stream came"), warning: streamSilent(url, error.ms) };
  } finally {
    connection.socket.destroy();
  }
}

function judge(times: readonly number[], ended: boolean, { url, patience }: Pick<Probing, "url" | "patience">): Found {
  const first = times[0];
  if (first === undefined) return found(`held open; no event came within ${patience / 1000} s`);
  const instants = times.filter((time, index) => index === 0 || time - (times[index - 1] ?? 0) > apart).length;
  if (instants > 1)
    return found(
      `events come as they are sent: ${instants} at different times, the first after ${Math.round(first)} ms`,
    );
  // A short stream may come at once; one that took its time and then came whole was kept somewhere.
  if (ended && first > late)
    return { ...found(`all of it came at once, after ${Math.round(first)} ms`), warning: heldBack(url, first) };
  return found(
    ended ? "all of it came at once, and at once it was over" : `held open; one event after ${Math.round(first)} ms`,
  );
}

const found = (detail: string): Found => ({ stage: "http", detail: `stream: ${detail}` });
