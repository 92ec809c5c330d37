import needle from "needle";

for (const url of process.argv.slice(2)) {
  const { body, statusCode } = await needle("get", url);
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${body}`);
  console.log(JSON.stringify({ url, origin: body.origin }));
}
