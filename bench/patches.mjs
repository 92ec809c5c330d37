import events from "node:events";

/** Where undici keeps the dispatcher that everything goes by: its versions 6 and 7, and 8. */
const slots = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));

/**
 * What a preload put in place of Node's own, to be taken away and put back again: two programs never cost the same, even if they are the same, so
 * that a difference of one per cent shows within one alone.
 */
export class Patches {
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {string[]} modules those of Node's that it may have put something into */
  static async of(modules, work) {
    const loaded = await Promise.all(modules.map(async (name) => (await import(name)).default));
    const classes = loaded.flatMap(Object.values).filter((each) => typeof each === "function" && each.prototype);
    const holders = [events, ...loaded, events.prototype, ...classes.map(({ prototype }) => prototype)];
    const before = holders.map(propertiesOf);
    await work();
    const changed = holders.flatMap((holder, index) =>
      [...propertiesOf(holder)].map(([key, preloaded]) => ({ holder, key, preloaded, bare: before[index].get(key) })),
    );
    const dispatcher = slots.map((slot) => globalThis[slot]).find((each) => Object.hasOwn(each ?? {}, "dispatch"));
    // Node's are its prototype's; they are put there, too, since an object that loses a property is a slow one from then on.
    const own = dispatcher === undefined ? [] : ["dispatch", "close", "destroy"];
    return new Patches([
      ...changed.filter(({ bare, preloaded }) => bare?.value !== undefined && bare.value !== preloaded.value),
      ...own.map((key) => ({
        holder: dispatcher,
        key,
        preloaded: Object.getOwnPropertyDescriptor(dispatcher, key),
        bare: { value: Object.getPrototypeOf(dispatcher)[key] },
      })),
    ]);
  }

  /** @param {boolean} preloaded whether the preload's are to be there */
  set(preloaded) {
    for (const { holder, key, ...values } of this.#changed)
      Object.defineProperty(holder, key, values[preloaded ? "preloaded" : "bare"]);
  }
}

const propertiesOf = (holder) =>
  new Map(Reflect.ownKeys(holder).map((key) => [key, Object.getOwnPropertyDescriptor(holder, key)]));
