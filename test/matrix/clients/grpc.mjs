import { Client, credentials } from "@grpc/grpc-js";

// Messages as they are on the wire: what is in them does not matter here.
const asIs = (bytes) => bytes;

for (const url of process.argv.slice(2)) {
  const client = new Client(new URL(url).host, credentials.createSsl());
  const echoed = await new Promise((resolve, reject) => {
    const deadline = new Date(Date.now() + 8000);
    client.makeUnaryRequest("/lab.Echo/Say", asIs, asIs, Buffer.from("hello"), { deadline }, (error, answer) =>
      error ? reject(error) : resolve(String(answer)),
    );
  });
  client.close();
  console.log(JSON.stringify({ url, echoed }));
}
