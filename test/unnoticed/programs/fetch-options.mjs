// The built-in fetch with each of its options, and each way to read an answer.
import { describeError } from "../support/describe.mjs";

const encode = (text) => new TextEncoder().encode(text);

export async function program({ urls, say }) {
  for (const kind of ["secure", "plain"]) {
    const url = `${urls[kind]}/echo`;
    const told = async (what, input, init) => say(`${kind} ${what}`, await tell(fetch(input, init)));
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "patch", "QUERY", "odd name"])
      await told(`method ${method}`, url, { method });
    for (const [name, body] of bodies()) await told(`body ${name}`, url, { method: "POST", body, duplex: "half" });
    for (const [name, headers] of headerKinds()) await told(`headers ${name}`, url, { headers });
    for (const redirect of ["follow", "manual", "error"])
      await told(`redirect ${redirect}`, `${urls[kind]}/redirect`, { redirect });
    await told("redirect of a POST", `${urls[kind]}/redirect`, { method: "POST", body: "text" });
    for (const option of options) await told(JSON.stringify(option), url, option);
    await told("a request", new Request(url, { method: "POST", body: "text", headers: { "x-one": "1" } }));
    await told("a request and more", new Request(url, { headers: { "x-one": "1" } }), { method: "PUT", body: "more" });
    await told("a URL", new URL(url));
    await told("aborted before", url, { signal: AbortSignal.abort() });
    await told("aborted with a reason", url, { signal: AbortSignal.abort(new RangeError("mine")) });
    await told("no such integrity", url, { integrity: "sha256-AAAA" });
    await read(kind, urls[kind], say);
  }
}

function bodies() {
  const form = new FormData();
  form.append("name", "value");
  return Object.entries({
    text: "text",
    empty: "",
    bytes: encode("bytes"),
    buffer: encode("buffer").buffer,
    view: new DataView(encode("a view").buffer, 2),
    blob: new Blob(["blob"], { type: "text/x-blob" }),
    parameters: new URLSearchParams({ a: "1", b: "ü" }),
    stream: new Blob(["a ", "stream"]).stream(),
    iterable: (async function* () {
      yield encode("itera");
      yield encode("ble");
    })(),
    "failing stream": new ReadableStream({ pull: (controller) => controller.error(new RangeError("mine")) }),
    "stream of text": new ReadableStream({
      start(controller) {
        controller.enqueue("text");
        controller.close();
      },
    }),
  });
}

function headerKinds() {
  return Object.entries({
    object: { "X-Case": "kept", "x-number": 1, "x-empty": "", "User-Agent": "mine", Accept: "text/x-mine" },
    list: [
      ["X-Twice", "1"],
      ["x-twice", "2"],
      ["cookie", "a=1"],
      ["cookie", "b=2"],
    ],
    headers: new Headers({ "x-one": "1" }),
    "of the connection": { connection: "close" },
    host: { host: "other.test" },
    "the body's length": { "content-length": "4" },
    encoding: { "accept-encoding": "identity" },
    wrong: { "x-wrong": "a\nb" },
    authorization: { authorization: "Basic YTpi" },
    expect: { expect: "100-continue" },
  });
}

const options = [
  { keepalive: true },
  { cache: "no-store" },
  { cache: "no-cache" },
  { credentials: "omit" },
  { credentials: "include" },
  { mode: "no-cors" },
  { mode: "same-origin" },
  { referrer: "http://referrer.test/" },
  { referrerPolicy: "no-referrer" },
  { priority: "high" },
  { window: null },
];

async function read(kind, url, say) {
  const response = await fetch(`${url}/echo`);
  const other = response.clone();
  say(`${kind} clone`, [await response.json(), await other.text(), response.bodyUsed]);
  say(`${kind} bytes`, (await (await fetch(`${url}/echo`)).arrayBuffer()).byteLength);
  const { size, type } = await (await fetch(`${url}/echo`)).blob();
  say(`${kind} blob`, [size, type]);
  const { body } = await fetch(`${url}/teapot`);
  const reader = body.getReader();
  const { value } = await reader.read();
  say(`${kind} reader`, [new TextDecoder().decode(value), await reader.cancel()]);
  const abort = new AbortController();
  const midway = await fetch(`${url}/cut`, { signal: abort.signal });
  abort.abort();
  say(`${kind} aborted midway`, await midway.text().catch(describeError));
  say(`${kind} cancelled`, await (await fetch(`${url}/cut-chunked`)).body.cancel());
  say(`${kind} read twice`, await response.text().catch(({ name }) => name));
}

async function tell(answer) {
  try {
    const response = await answer;
    const { status, statusText, ok, url, redirected, type, headers } = response;
    const head = { status, statusText, ok, url, redirected, type, headers: [...headers] };
    return { ...head, text: await response.text() };
  } catch (error) {
    return describeError(error);
  }
}
