/** The preload is more than one file. */
export const isOurs = (frame: string): boolean => frame.includes(__dirname);

/** Who is calling at this moment, the nearest first. */
export function framesOfNow(): string[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  // Nothing is thrown where a program has frozen the class; and its own form of a stack is none that could be read.
  Reflect.set(Error, "stackTraceLimit", 30);
  if (prepareStackTrace !== undefined) Reflect.set(Error, "prepareStackTrace", undefined);
  const { stack } = new Error("who asks") as { readonly stack?: unknown };
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  if (prepareStackTrace !== undefined) Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
  return typeof stack === "string" ? stack.split("\n").slice(1) : [];
}

/** A library that opens a connection by itself, and is for HTTP or WebSocket by its name (faye-websocket). One for proxies goes to a proxy. */
export function asksByName(): boolean {
  const direct = framesOfNow().find((frame) => !isOurs(frame) && !frame.includes("(node:"));
  const [, name = ""] = /.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?([^\\/]+)[\\/]/.exec(direct ?? "") ?? [];
  return /web-?socket|(?:^|-)(?:ws|https?)(?:-|$)/i.test(name) && !/proxy/i.test(name);
}
