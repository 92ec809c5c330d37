import { readChildren, readElement, readOid } from "../base/der.js";

const signedData = "1.2.840.113549.1.7.2";

/**
 * DER of the certificates in a PKCS#7 store, a `.p7b` (RFC 2315 section 9.1): nobody's signature is looked at, since these have none.
 * @throws RangeError where it is none
 */
export function readPkcs7(bytes: Buffer): Buffer[] {
  const [id, wrapped] = readChildren(readElement(bytes));
  const content = wrapped === undefined ? undefined : readChildren(wrapped)[0];
  if (id === undefined || content === undefined || readOid(id) !== signedData) throw new RangeError("no signed data");
  const list = readChildren(content).find(({ tag }) => tag === 0xa0);
  return list === undefined ? [] : readChildren(list).map(({ whole }) => whole);
}
