// A program that another one starts: asks where its argument says.
import https from "node:https";

https
  .get(process.argv[2], (response) => {
    response.resume();
    console.log(response.statusCode);
  })
  .on("error", ({ code }) => console.log(code));
