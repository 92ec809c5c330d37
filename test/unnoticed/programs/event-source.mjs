// The built-in EventSource: events, ids, that it comes again with the last one, and ends where the server says so.
export const needs = { flags: ["--experimental-eventsource"], alone: true };

export async function program({ urls, say }) {
  for (const kind of ["secure", "plain"]) {
    say(`${kind} events`, await listen(`${urls[kind]}/events`));
    say(`${kind} with credentials`, await listen(`${urls[kind]}/events`, { withCredentials: true }));
    say(`${kind} of another type`, await listen(`${urls[kind]}/echo`));
    say(`${kind} hung up`, await listen(`${urls[kind]}/teapot`));
  }
}

function listen(url, options) {
  const events = [];
  return new Promise((resolve) => {
    const source = new EventSource(url, options);
    source.addEventListener("open", () => events.push("open"));
    for (const type of ["message", "named"]) {
      source.addEventListener(type, ({ data, lastEventId, origin }) => events.push([type, data, lastEventId, origin]));
    }
    source.addEventListener("error", () => {
      events.push(`error ${source.readyState}`);
      if (source.readyState === EventSource.CLOSED) resolve(events);
    });
  });
}
