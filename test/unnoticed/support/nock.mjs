// What a program's tests do with nock: answers of its own, errors, what is let through and what is not.
import { askAll, ask } from "./mocked.mjs";
import https from "node:https";

/**
 * @param nock the package, of whatever version
 * @param answer to a POST: a function of the body, or a text
 */
export async function useNock(nock, { urls, say, answer = (_uri, body) => `mocked ${body}` }) {
  const own = (kind) => new URL(urls[kind]);
  for (const kind of ["secure", "plain"]) {
    const { origin, pathname } = own(kind);
    nock(origin, { allowUnmocked: true }).get(`${pathname}/mocked`).times(9).reply(201, "mocked", { "x-mock": "1" });
    nock(origin, { allowUnmocked: true }).post(`${pathname}/mocked`).reply(202, answer, { "x-mock": "2" });
    // Nobody else is there.
    nock(`${own(kind).protocol}//nowhere.test`)
      .get("/")
      .times(3)
      .reply(200, "from nowhere");
    nock(origin, { allowUnmocked: true })
      .get(`${pathname}/broken`)
      .replyWithError(Object.assign(new Error("broken"), { code: "EMOCKED" }));
  }
  await askAll(urls, "mocked", say, "mocked");
  say("nobody there", await ask(https, "https://nowhere.test/"));
  say("an error", await ask(https, `${urls.secure}/broken`));
  await askAll(urls, "echo", say, "let through");
  nock.disableNetConnect();
  say("not let through", (await ask(https, `${urls.secure}/echo`))[0]);
  nock.enableNetConnect();
  nock.cleanAll();
  nock.restore();
  await askAll(urls, "echo?after", say, "restored");
}
