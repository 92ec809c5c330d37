import type { Channel } from "node:diagnostics_channel";

/** Global, since the preload's parts, and a copy of this package that a program brings along, are bundles of their own. */
const sign = Symbol.for("sallyport.own");

/** Marks a subscriber, or something that is published, as this package's own and not the program's. */
export function markOwn<Marked extends object>(value: Marked): Marked {
  return Object.defineProperty(value, sign, { value: true });
}

export function isOwn(value: object): boolean {
  return (value as { readonly [sign]?: boolean })[sign] === true;
}

/** Whether anybody but this package listens: the preload has subscribers of its own, for whom nothing need be made. */
export function isWatched(channel: Channel): boolean {
  if (!channel.hasSubscribers) return false;
  // Of Node 20 to 26, and in no documentation. Without it, it counts as watched.
  const { _subscribers: subscribers } = channel as unknown as { readonly _subscribers?: readonly object[] };
  const [first] = subscribers ?? [];
  return first === undefined || (subscribers?.length ?? 0) > 1 || !isOwn(first);
}
