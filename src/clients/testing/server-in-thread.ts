import { once } from "node:events";
import { Worker } from "node:worker_threads";

/**
 * An HTTP server that runs while this thread does not. `act` returns when its last connection has been closed, or has been sent
 * an answer that nobody asked for, as servers do that are tired of waiting.
 */
export async function serverInThread() {
  const code = `
    const http = require("node:http");
    const { parentPort, workerData: flag } = require("node:worker_threads");
    const done = () => { Atomics.store(flag, 0, 1); Atomics.notify(flag, 0); };
    let last;
    const server = http.createServer((request, response) => { last = request.socket; response.end("ok"); });
    server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
    parentPort.on("message", (action) => {
      if (action === "close") last.once("close", done).destroy();
      else last.write("HTTP/1.1 408 Request Timeout\\r\\ncontent-length: 0\\r\\n\\r\\n", done);
    });`;
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(code, { eval: true, workerData: flag });
  const [port] = (await once(worker, "message")) as [number];
  return {
    port,
    act(action: "close" | "speak"): void {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window has that argument, a worker thread has not
      worker.postMessage(action);
      if (Atomics.wait(flag, 0, 0, 5000) === "timed-out") throw new Error("the server did not act");
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
