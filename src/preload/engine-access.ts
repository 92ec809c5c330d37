import type { Opener, Ways } from "./types.js";

/**
 * Loads the ways at the first use, once. What fails is tried anew by the next request: a file may be there by then.
 * @param unmarked runs something without what marks the program's own doings: see {@link Opener}
 */
export function makeOpener(load: () => Promise<Ways>, unmarked: <T>(work: () => T) => T): Opener {
  let ways: Ways | undefined;
  let loading: Promise<Ways> | undefined;
  const loaded = (): Promise<Ways> => {
    loading ??= load().then(
      (opened) => (ways = opened),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  return {
    get isOpen() {
      return ways !== undefined;
    },
    use(work, failed) {
      const opened = ways;
      unmarked(() => (opened === undefined ? void loaded().then(work, failed) : work(opened)));
    },
    open: (work) => unmarked(async () => work(await loaded())),
    now: (work) => (ways === undefined ? undefined : unmarked(work.bind(undefined, ways))),
  };
}
