/** Works through a list, `width` of it at a time; `slot` is the same for no two that are under way together. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item, slot: number) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lanes = Array.from({ length: width }, async (_, slot) => {
    // One iterator for all lanes: each takes what is next.
    for (const item of queue) await work(item, slot);
  });
  await Promise.all(lanes);
}
