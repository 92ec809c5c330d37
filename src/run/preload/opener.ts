import type { Opener, Ways } from "./types.js";

/** Loads the ways at the first call, once. What fails is tried anew by the next request: a file may be there by then. */
export function makeOpener(load: () => Promise<Ways>): Opener {
  let ways: Ways | undefined;
  let loading: Promise<Ways> | undefined;
  return {
    get ways() {
      return ways;
    },
    open() {
      loading ??= load().then(
        (opened) => (ways = opened),
        (error: unknown) => {
          loading = undefined;
          throw error;
        },
      );
      return loading;
    },
  };
}
