export const ownNetwork: readonly string[];
export function whatNamespacesMiss(): string | undefined;
