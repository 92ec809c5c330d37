import type { EngineAccess, Engine } from "./types.js";

/**
 * Loads the engine at the first use, once. What fails is tried again by the next request: a file may be there by then.
 * @param unmarked runs something without what marks the program's own doings: see {@link EngineAccess}
 */
export function makeEngineAccess(load: () => Promise<Engine>, unmarked: <T>(work: () => T) => T): EngineAccess {
  let engine: Engine | undefined;
  let loading: Promise<Engine> | undefined;
  const loaded = (): Promise<Engine> => {
    loading ??= load().then(
      (opened) => (engine = opened),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  return {
    get isOpen() {
      return engine !== undefined;
    },
    get settings() {
      return engine?.settings;
    },
    use(work, failed) {
      const opened = engine;
      unmarked(() => (opened === undefined ? void loaded().then(work, failed) : work(opened)));
    },
    open: (work) => unmarked(async () => work(await loaded())),
    now: (work) => (engine === undefined ? undefined : unmarked(work.bind(undefined, engine))),
  };
}
