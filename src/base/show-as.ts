/**
 * Makes `console.log`, `util.inspect` and `JSON.stringify` of a plain object show something else, where the object itself must
 * hold what nobody should read by accident. The hooks are not enumerable: copying and comparing do not see them.
 */
export function showAs<T extends object>(value: T, show: () => unknown): T {
  for (const key of ["toJSON", Symbol.for("nodejs.util.inspect.custom")]) {
    Object.defineProperty(value, key, { value: show, enumerable: false });
  }
  return value;
}
