import type { Dispatcher } from "undici";
import { dispatcherSlots as slots } from "../base/dispatcher-slots.js";
import { divert } from "./dispatcher-slots.js";
import type { Emitter } from "./lazy-dispatcher.js";

/** The file of Node that its own undici is in, as stacks name it. */
const nodesUndici = "node:internal/deps/undici/undici";

const major = Number(process.versions["undici"]?.split(".")[0]);

type WritableEmitter = Emitter & { init(this: object, options: unknown): void };
type Methods = Pick<Dispatcher, "dispatch"> & Record<"close" | "destroy", (...given: unknown[]) => unknown>;

/**
 * Lets Node make its own default dispatcher, which nothing else gives access to: while Node's undici is loaded the slots seem empty to it, and
 * the dispatcher that it then makes is handed to `take` before anybody else has it. All others find `dispatcher` there, and so does Node
 * itself where any of this cannot be done.
 */
export function awaitNodes(Base: Emitter, dispatcher: object, take: (nodes: object) => void): void {
  // Another preload's request, or Node's for NODE_USE_ENV_PROXY=1: it has its dispatcher.
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
  if (moduleLoadList.includes(`NativeModule ${nodesUndici.slice("node:".length)}`)) return;
  let isOver = false;
  const get = (): object | undefined => {
    if (isOver || !isReadByNode(get)) return dispatcher;
    isOver = true;
    return seeNext(Base as WritableEmitter, dispatcher, take) ? undefined : dispatcher;
  };
  for (const slot of slots) {
    const set = (value: unknown): void =>
      void Object.defineProperty(globalThis, slot, { value, writable: true, enumerable: false, configurable: true });
    Reflect.defineProperty(globalThis, slot, { get, set, enumerable: false, configurable: true });
  }
}

/** Whether the function that called `reader` is one of Node's undici. */
function isReadByNode(reader: () => unknown): boolean {
  const prepared = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const { stackTraceLimit } = Error;
  const seen: { stack?: unknown } = {};
  try {
    Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName();
    Error.stackTraceLimit = 1;
    Error.captureStackTrace(seen, reader);
    return seen.stack === nodesUndici;
  } catch {
    // Frozen.
    return false;
  } finally {
    if (prepared === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Reflect.defineProperty(Error, "prepareStackTrace", prepared);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/** Has the next dispatcher that is made handed to `take`. False where that cannot be. */
function seeNext(Base: WritableEmitter, dispatcher: object, take: (made: object) => void): boolean {
  const { init } = Base;
  let hasTaken = false;
  let isOver = false;
  const watching = function (this: object, options: unknown): void {
    init.call(this, options);
    if (isOver) return;
    if (hasTaken) {
      isOver = true;
      // Others may have put a function of theirs around this one.
      if (Base.init === watching) Base.init = init;
      // What comes after it, if anything of the kind does, is for handlers of older undici, which ours takes as they are.
      if (this.constructor.name === "Dispatcher1Wrapper") divert(this, dispatcher);
    } else if (typeof (this as Partial<Methods>).dispatch === "function") {
      hasTaken = true;
      take(this);
    }
  };
  return Reflect.set(Base, "init", watching) && Base.init === watching;
}

/**
 * Has Node's dispatcher send by itself what goes the way that it would go without us, and all else by ours.
 * @param isNodes whether what goes to that origin is such
 */
export function share(nodes: object, dispatcher: object, isNodes: (origin: unknown) => boolean): void {
  const own = nodes as Methods;
  const ours = dispatcher as Methods;
  const { dispatch, close, destroy } = own;
  let isClosing = false;
  const put = (name: string, value: unknown): void =>
    void Object.defineProperty(own, name, { value, writable: true, enumerable: false, configurable: true });
  const both = (given: readonly unknown[], end: (done: () => void) => void, ending: unknown): unknown => {
    const ended = Promise.all([new Promise<void>(end), ending]).then(() => undefined);
    const callback = given.at(-1);
    if (typeof callback !== "function") return ended;
    void ended.then(() => (callback as () => void)());
    return undefined;
  };
  put("dispatch", (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) =>
    suitsNode(handler) && isNodes(options.origin)
      ? dispatch.call(own, options, handler)
      : ours.dispatch(options, handler),
  );
  put("close", (...given: unknown[]) => {
    isClosing = true;
    return both(given, (done) => close.call(own, done), ours.close());
  });
  put("destroy", (...given: unknown[]) => {
    // undici's own way to end what it has closed. Ours may not have come to its end.
    if (isClosing && given.length === 0) return new Promise<void>((done) => destroy.call(own, null, done));
    const [error = null] = given.filter((each) => typeof each !== "function");
    return both(given, (done) => destroy.call(own, error, done), ours.destroy(error));
  });
}

/** Whether Node's undici takes such a handler: undici 6 knows none that begins with the request, and undici 8 no other. */
function suitsNode(handler: Dispatcher.DispatchHandler): boolean {
  const isNew = typeof handler.onRequestStart === "function";
  return major === 7 || isNew === major > 7;
}
