// What a program under an instrument or a loader asks, and what it is answered.
import http from "node:http";
import https from "node:https";

export async function askEach(urls, say) {
  for (const [kind, client] of Object.entries({ secure: https, both: https, plain: http })) {
    const url = `${urls[kind]}/echo`;
    say(
      `${kind}: request`,
      await new Promise((resolve) => {
        client
          .get(url, (response) => response.resume().on("end", () => resolve(response.statusCode)))
          .on("error", ({ code, message }) => resolve([code, message]));
      }),
    );
    const response = await fetch(url);
    say(`${kind}: fetch`, [response.status, await response.text()]);
  }
}

/** Instruments put their hooks into modules as these are loaded by a program's `require`. */
export const loadWatched = (require) => ["node:http", "node:https"].map((name) => require(name));

/** The function of a program whose loader translates TypeScript; `load` has it do so. */
export const translating =
  (load) =>
  async ({ urls, say }) => {
    const { kind } = await load();
    say("translated", kind("yes"));
    await askEach(urls, say);
  };
