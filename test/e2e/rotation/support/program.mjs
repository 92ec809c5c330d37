// A program that knows nothing of sallyport: it asks again and again, and says what came of it.
import https from "node:https";

const [url, pause] = process.argv.slice(2);
let isOver = false;
process.stdin.resume().once("end", () => (isOver = true));

const byAgent = () =>
  new Promise((resolve, reject) => {
    https
      .get(url, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve(JSON.parse(text)));
        response.on("error", reject);
      })
      .on("error", reject);
  });

async function askAgain(client, ask) {
  while (!isOver) {
    try {
      const { peer } = await ask();
      console.log(JSON.stringify({ client, peer }));
    } catch (error) {
      console.log(JSON.stringify({ client, error: `${error.message}: ${error.cause?.message ?? ""}` }));
    }
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  }
}

await Promise.all([
  askAgain("preload, fetch", async () => (await fetch(url)).json()),
  askAgain("preload, node:https", byAgent),
]);
