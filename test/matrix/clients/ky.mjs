import ky from "ky";

for (const url of process.argv.slice(2)) {
  const { origin } = await ky(url).json();
  console.log(JSON.stringify({ url, origin }));
}
