/** Gives one object a method of its own. Assignment alone would not do: it fails where the program has frozen the object's class. */
export function putMethod<Holder extends object, Name extends keyof Holder>(
  holder: Holder,
  name: Name,
  value: Holder[Name],
): void {
  try {
    holder[name] = value;
    return;
  } catch {
    // What follows costs five times as much.
  }
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
}
