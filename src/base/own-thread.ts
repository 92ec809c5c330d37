/** Global, since the preload's parts are bundles of their own. */
const place = Symbol.for("sallyport.ownThread");
const marked = globalThis as { [place]?: true };

/** Makes a thread that is ours and asks the network for nothing: the preload, which covers the program's threads, leaves it alone. */
export function makeOwnThread<Thread>(make: () => Thread): Thread {
  marked[place] = true;
  try {
    return make();
  } finally {
    delete marked[place];
  }
}

/** Whether the thread that is being made is such a one. */
export const isOwnThread = (): boolean => marked[place] === true;
