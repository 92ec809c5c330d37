// The built-in fetch: bodies of each kind, redirects, aborts, failures.
export async function program({ urls, say }) {
  for (const kind of ["secure", "plain"]) {
    say(`${kind} echo`, await tell(fetch(`${urls[kind]}/echo`, { headers: { "X-Mixed-Case": "kept" } })));
    say(`${kind} text`, await tell(fetch(`${urls[kind]}/echo`, { method: "POST", body: "text" })));
    const body = new Blob(["a ", "stream"]).stream();
    say(`${kind} stream`, await tell(fetch(`${urls[kind]}/echo`, { method: "PUT", body, duplex: "half" })));
    say(`${kind} redirect`, await tell(fetch(`${urls[kind]}/redirect`)));
    say(`${kind} empty`, await tell(fetch(`${urls[kind]}/empty`)));
    say(`${kind} teapot`, await tell(fetch(`${urls[kind]}/teapot`)));
    say(`${kind} timeout`, await tell(fetch(`${urls[kind]}/never`, { signal: AbortSignal.timeout(300) })));
    say(`${kind} hang-up`, await tell(fetch(`${urls[kind]}/hang-up`, { method: "POST" })));
    say(`${kind} cut`, await tell(fetch(`${urls[kind]}/cut`)));
  }
}

async function tell(answer) {
  try {
    const response = await answer;
    const { status, url, redirected, headers } = response;
    return { status, url, redirected, headers: [...headers], text: await response.text() };
  } catch (error) {
    return { name: error.name, message: error.message, cause: error.cause?.name, code: error.cause?.code };
  }
}
