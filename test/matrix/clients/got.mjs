import got from "got";

for (const url of process.argv.slice(2)) {
  const { origin } = await got(url).json();
  console.log(JSON.stringify({ url, origin }));
}
