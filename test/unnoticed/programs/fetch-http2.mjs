// fetch of a server that offers HTTP/2 as well.
export async function program({ urls, say }) {
  const response = await fetch(`${urls.both}/echo`, {
    method: "POST",
    body: "text",
    headers: { "X-Mixed-Case": "kept" },
  });
  say("answer", { status: response.status, type: response.headers.get("content-type"), text: await response.text() });
  say(
    "transport",
    [...response.headers.keys()].filter((name) => /^(?:connection|keep-alive|transfer-encoding)$/.test(name)),
  );
}
