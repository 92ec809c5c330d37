// The request and fetch of the package, and an Agent that the program makes itself.
export async function askThrough({ Agent, fetch, request }) {
  for (const url of process.argv.slice(2)) {
    const plain = await request(url);
    const { origin } = await plain.body.json();
    const dispatcher = new Agent({ keepAliveTimeout: 1000 });
    const own = await request(url, { dispatcher });
    await own.body.dump();
    await dispatcher.close();
    const fetched = await fetch(url);
    await fetched.arrayBuffer();
    console.log(JSON.stringify({ url, origin }));
  }
}
