/**
 * RC4, a stream of octets that is laid over the text: for reading PKCS#12 stores and keys of the last century. OpenSSL 3 has put it away; it
 * protects nothing, and nothing is encrypted with it here.
 */
export function decryptRc4(key: Buffer, data: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number): number => state[index & 0xff] ?? 0;
  const swap = (one: number, other: number): void => {
    [state[one], state[other]] = [at(other), at(one)];
  };
  let other = 0;
  for (let one = 0; one < 256; one++) {
    other = (other + at(one) + (key[one % key.length] ?? 0)) & 0xff;
    swap(one, other);
  }
  let one = 0;
  other = 0;
  return Buffer.from(
    data.map((octet) => {
      one = (one + 1) & 0xff;
      other = (other + at(one)) & 0xff;
      swap(one, other);
      return octet ^ at(at(one) + at(other));
    }),
  );
}
