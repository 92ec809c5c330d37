// What an agent of the program's own keeps, tells and bounds.
import { once } from "node:events";
import https from "node:https";

export async function program({ urls, say }) {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 2 });
  const events = [];
  for (const event of ["free", "keylog"]) agent.on(event, () => events.push(event));
  const sockets = [];
  const ask = async (options) => {
    const request = https.get(`${urls.secure}/echo`, { agent, ...options });
    const [response] = await once(request, "response");
    sockets.push(request.reusedSocket);
    response.resume();
    await once(response, "close");
    await new Promise((resolve) => setTimeout(resolve, 5));
    return response.statusCode;
  };
  say("one after the other", [await ask(), await ask(), await ask()]);
  say("reused", sockets);
  say("free events", events.includes("free"));
  say(
    "free sockets",
    Object.values(agent.freeSockets).map((list) => list.length),
  );
  say("at once", await Promise.all([ask(), ask(), ask(), ask()]));
  say("names", Object.keys(agent.freeSockets).length + Object.keys(agent.sockets).length);
  agent.destroy();
}
