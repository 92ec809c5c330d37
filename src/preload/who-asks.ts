/** The preload is more than one file. */
export const isOurs = (frame: string): boolean => frame.includes(__dirname);

/** Who is calling at this moment, the nearest first: `new Kind (file:`, as stacks have it. What they have beside that is dear to find out. */
export function framesOfNow(): readonly string[] {
  const { stackTraceLimit } = Error;
  const own = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  // Nothing is thrown where a program has frozen the class: it is read as text then.
  Reflect.set(Error, "stackTraceLimit", 30);
  Reflect.defineProperty(Error, "prepareStackTrace", { value: readable, writable: true, configurable: true });
  const { stack } = new Error("who asks") as { readonly stack?: unknown };
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  if (own === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
  else Reflect.defineProperty(Error, "prepareStackTrace", own);
  if (Array.isArray(stack)) return stack.map(String);
  return typeof stack === "string" ? stack.split("\n").slice(1) : [];
}

const readable = (_error: unknown, sites: readonly NodeJS.CallSite[]): string[] =>
  sites.map((site) => `${site.isConstructor() ? "new " : ""}${site.getFunctionName()} (${site.getFileName()}:`);

/** A library that opens a connection by itself, and is for HTTP or WebSocket by its name (faye-websocket). One for proxies goes to a proxy. */
export function asksByName(frames = framesOfNow()): boolean {
  const direct = frames.find((frame) => !isOurs(frame) && !frame.includes("(node:"));
  const [, name = ""] = /.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?([^\\/]+)[\\/]/.exec(direct ?? "") ?? [];
  return /web-?socket|(?:^|-)(?:ws|https?)(?:-|$)/i.test(name) && !/proxy/i.test(name);
}
