#!/usr/bin/env node
import { readFileSync } from "node:fs";

/** Set by the build; a run from source reads package.json. */
declare const SALLYPORT_VERSION: string | undefined;

function version(): string {
  if (typeof SALLYPORT_VERSION === "string") return SALLYPORT_VERSION;
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

async function start(argv: readonly string[]): Promise<void> {
  if (argv[0] === "--version" || argv[0] === "-V") {
    // Scripts ask this often: nothing else is loaded for it.
    process.stdout.write(`${version()}\n`);
    return;
  }
  const [{ main, saysItIsStuck }, { processIo }] = await Promise.all([
    import("./main.js"),
    import("./terminal/process-io.js"),
  ]);
  const io = processIo();
  const onEmpty = (): void => void saysItIsStuck(argv, io).then((code) => (process.exitCode = code));
  process.once("beforeExit", onEmpty);
  process.exitCode = await main(argv, io, version());
  process.off("beforeExit", onEmpty);
  // What nobody reads would keep the process until somebody does, though it was told to end.
  if (io.signal.aborted) process.exit();
}

void start(process.argv.slice(2));
