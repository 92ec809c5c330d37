import axios from "axios";

for (const url of process.argv.slice(2)) {
  const { data } = await axios.get(url);
  console.log(JSON.stringify({ url, origin: data.origin }));
}
