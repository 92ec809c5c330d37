// Sentry: its transaction, and the headers by which a trace goes on at the server.
import * as Sentry from "@sentry/node";
import { askEach } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  const sent = [];
  const transport = () => ({ send: async (envelope) => (sent.push(envelope), {}), flush: async () => true });
  const traced = { tracesSampleRate: 1, tracePropagationTargets: [/.*/] };
  Sentry.init({ dsn: "https://public@nowhere.test/1", ...traced, transport });
  await Sentry.startSpan({ name: "all" }, () => askEach(urls, say));
  await Sentry.flush(2000);
  for (const [, items] of sent)
    for (const [{ type }, item] of items)
      if (type === "transaction")
        for (const { op, description, status, origin } of item.spans) say("span", [op, description, status, origin]);
}
