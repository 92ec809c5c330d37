import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** One line from the terminal. What is `hidden` is not shown as it is typed. @throws the signal's reason after Ctrl-C */
export function askLine(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, so that nothing is echoed but by readline itself, which writes it nowhere.
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? nowhere : process.stderr,
    terminal: true,
    historySize: 0,
    prompt: "",
  });
  // Not before: what is typed at once would still be echoed.
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      lines.close();
      reject(signal.reason instanceof Error ? signal.reason : new Error("ended"));
    };
    signal.addEventListener("abort", stop, { once: true });
    // Ctrl-C is a key like any other here.
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    lines.once("line", (line) => {
      signal.removeEventListener("abort", stop);
      if (hidden) process.stderr.write("\n");
      // Before the end, which is an answer as well.
      resolve(line);
      lines.close();
    });
    lines.once("close", () => resolve(""));
  });
}
