import { connect } from "node:http2";
import { json } from "node:stream/consumers";

for (const url of process.argv.slice(2)) {
  const session = connect(url);
  const { origin } = await new Promise((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":path": new URL(url).pathname });
    stream.on("error", reject);
    resolve(json(stream));
  });
  session.close();
  console.log(JSON.stringify({ url, origin }));
}
