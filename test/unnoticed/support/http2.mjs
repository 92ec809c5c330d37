import { once } from "node:events";

/** Asks `url`'s /echo on a session, and ends that. Gives the status. */
export async function askedOn(client, url) {
  const stream = client.request({ ":path": `${new URL(url).pathname}/echo` });
  const [headers] = await once(stream, "response");
  stream.resume();
  await once(stream, "close");
  client.close();
  await once(client, "close");
  return headers[":status"];
}
