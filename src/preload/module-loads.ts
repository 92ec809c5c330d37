/**
 * Calls what waits for a module of Node's own when that is there, whoever loads it, and before anybody has it: to load one for that would be too
 * dear at the start.
 * @param waited by the names of modules, without `node:`; none of them is loaded by others' work
 */
export function whenLoaded(waited: Readonly<Record<string, () => void>>): void {
  // What Node's own loader writes down when a module of its own is there.
  const left = new Map(Object.entries(waited).map(([name, work]) => [`NativeModule ${name}`, work]));
  const { moduleLoadList: list } = process as unknown as { readonly moduleLoadList: unknown[] };
  const see = (line: unknown): boolean => {
    const work = left.get(line as string);
    left.delete(line as string);
    work?.();
    return work !== undefined;
  };
  if (list.map(see).includes(true)) process.getBuiltinModule("node:module").syncBuiltinESMExports();
  if (left.size === 0) return;
  // It does so by Array's own `push`, which asks the prototype of an array about each new index.
  const told = new Proxy(Object.create(Array.prototype) as object, {
    set: (_target, key, value, array: object) => {
      const isSet = Reflect.defineProperty(array, key, { value, writable: true, enumerable: true, configurable: true });
      see(value);
      if (left.size === 0) Reflect.setPrototypeOf(list, Array.prototype);
      return isSet;
    },
  });
  Reflect.setPrototypeOf(list, told);
}
