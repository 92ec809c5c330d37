import { withoutInvisible } from "../base/invisible.js";
import { quotePeer } from "../dial/index.js";

/** @param name a distinguished name, an attribute a line */
export function nameIn(name: string): string {
  const line = /^CN=(.+)$/m.exec(name)?.[1] ?? name.split("\n").at(-1) ?? "";
  return quotePeer(withoutInvisible(line), 80);
}
