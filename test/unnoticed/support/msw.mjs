// What a program's tests do with msw: answers of its own, and what is let through.
import { askAll } from "./mocked.mjs";

/** @param msw what the package gives, of whatever version */
export async function useMsw({ http, HttpResponse, passthrough, setupServer }, urls, say) {
  const handlers = ["secure", "plain"].flatMap((kind) => [
    http.get(`${urls[kind]}/mocked`, () => HttpResponse.text("mocked", { status: 201, headers: { "x-mock": "1" } })),
    http.post(`${urls[kind]}/mocked`, async ({ request }) => HttpResponse.text(`mocked ${await request.text()}`)),
    http.get(`${urls[kind]}/echo`, () => passthrough()),
  ]);
  const server = setupServer(...handlers);
  const told = [];
  for (const event of ["response:mocked", "response:bypass"])
    server.events.on(event, ({ request, response }) =>
      told.push(`${event} ${request.method} ${new URL(request.url).pathname} ${response.status}`),
    );
  server.listen({ onUnhandledRequest: "bypass" });
  await askAll(urls, "mocked", say, "msw mocked");
  await askAll(urls, "echo", say, "msw let through");
  say("msw told", told);
  server.close();
  await askAll(urls, "echo?after", say, "msw closed");
}
