import superagent from "superagent";

for (const url of process.argv.slice(2)) {
  const { body } = await superagent.get(url);
  console.log(JSON.stringify({ url, origin: body.origin }));
}
