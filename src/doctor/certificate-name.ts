import { commonName } from "../base/certificate.js";
import { withoutInvisible } from "../base/invisible.js";
import { quotePeer } from "../dial/index.js";

/** @param name a distinguished name, an attribute a line */
export function nameIn(name: string): string {
  return quotePeer(withoutInvisible(commonName(name)), 80);
}
