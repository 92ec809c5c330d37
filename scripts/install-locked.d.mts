export function installLocked(
  folder: string,
  options?: { readonly flags?: readonly string[]; readonly begin?: () => void; readonly timeout?: number },
): boolean;
