import request from "request";

for (const url of process.argv.slice(2)) {
  const body = await new Promise((resolve, reject) => {
    request({ url, json: true }, (error, response, answer) => {
      if (response?.statusCode === 200) resolve(answer);
      else reject(error ?? new Error(`status ${response.statusCode}: ${answer}`));
    });
  });
  console.log(JSON.stringify({ url, origin: body.origin }));
}
