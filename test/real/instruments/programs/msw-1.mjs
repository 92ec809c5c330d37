// msw 1: a test's mocks of requests of node:http and fetch, and what they let through.
import { rest } from "msw1";
import { setupServer } from "msw1/node";
import { askEach } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  const mocked = Object.fromEntries(["secure", "both", "plain"].map((kind) => [kind, `${urls[kind]}/mocked`]));
  const answers = Object.values(mocked).map((url) =>
    rest.get(`${url}/echo`, (_request, respond, { status, text }) => respond(status(201), text("mocked"))),
  );
  const server = setupServer(...answers);
  server.listen({ onUnhandledRequest: "bypass" });
  await askEach(mocked, say);
  await askEach(urls, say);
  server.close();
  await askEach(urls, say);
}
