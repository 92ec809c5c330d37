// A body that streams, which is what uploads and model requests are made of.
for (const url of process.argv.slice(2)) {
  const body = new Blob(["hello ", "there"]).stream();
  const response = await fetch(url, { method: "POST", body, duplex: "half" });
  if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  const { origin } = await response.json();
  console.log(JSON.stringify({ url, origin }));
}
