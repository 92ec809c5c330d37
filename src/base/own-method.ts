/** Gives one object a method of its own. Not by assignment, which fails where the program has frozen its class. */
export function putMethod<Holder extends object, Name extends keyof Holder>(
  holder: Holder,
  name: Name,
  value: Holder[Name],
): void {
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
}
