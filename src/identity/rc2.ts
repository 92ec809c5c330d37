/**
 * RC2 (RFC 2268), for reading what exporters of the last century wrote, and Windows until 2018: OpenSSL 3 has put it away. It protects nothing, and
 * nothing is encrypted with it here.
 */

/** A permutation of the octets, made from the digits of pi (section 2). */
const piTable = Buffer.from(
  "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82" +
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7" +
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731" +
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad",
  "hex",
);

const pi = (octet: number): number => piTable[octet & 0xff] ?? 0;

/** Sixty-four words from a key, of which so many bits count (section 2). */
function expand(key: Buffer, bits: number): Uint16Array {
  const octets = new Uint8Array(128);
  octets.set(key);
  const at = (index: number): number => octets[index] ?? 0;
  for (let index = key.length; index < 128; index++) octets[index] = pi(at(index - 1) + at(index - key.length));
  const counting = (bits + 7) >> 3;
  const mask = 0xff >> (8 * counting - bits);
  octets[128 - counting] = pi(at(128 - counting) & mask);
  for (let index = 127 - counting; index >= 0; index--) octets[index] = pi(at(index + 1) ^ at(index + counting));
  return Uint16Array.from({ length: 64 }, (_, index) => at(2 * index) | (at(2 * index + 1) << 8));
}

const turns = [1, 2, 3, 5];

/** One block of four words, in place (section 4). */
function decryptBlock(words: Uint16Array, keys: Uint16Array): void {
  const word = (index: number): number => words[index & 3] ?? 0;
  let next = 63;
  const unmix = (): void => {
    for (let index = 3; index >= 0; index--) {
      const turn = turns[index] ?? 0;
      const turned = (word(index) >> turn) | (word(index) << (16 - turn));
      const [one, two, three] = [word(index + 3), word(index + 2), word(index + 1)];
      words[index] = turned - (keys[next--] ?? 0) - (one & two) - (~one & three);
    }
  };
  const unmash = (): void => {
    for (let index = 3; index >= 0; index--) words[index] = word(index) - (keys[word(index + 3) & 63] ?? 0);
  };
  for (const rounds of [5, 6, 5]) {
    for (let round = 0; round < rounds; round++) unmix();
    if (next >= 0) unmash();
  }
}

/**
 * Decrypts in CBC mode, and takes the padding away (PKCS#7).
 * @throws RangeError where the padding is none, as with a wrong key
 */
export function decryptRc2(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  if (data.length === 0 || data.length % 8 !== 0) throw new RangeError("not whole blocks");
  const keys = expand(key, 8 * key.length);
  const plain = Buffer.alloc(data.length);
  for (let at = 0; at < data.length; at += 8) {
    const words = Uint16Array.from({ length: 4 }, (_, index) => data.readUInt16LE(at + 2 * index));
    decryptBlock(words, keys);
    const before = at === 0 ? iv : data.subarray(at - 8, at);
    for (let index = 0; index < 8; index++)
      plain[at + index] = (((words[index >> 1] ?? 0) >> (8 * (index & 1))) & 0xff) ^ (before[index] ?? 0);
  }
  const padding = plain.at(-1) ?? 0;
  if (padding < 1 || padding > 8 || plain.subarray(-padding).some((octet) => octet !== padding))
    throw new RangeError("not the right padding");
  return plain.subarray(0, -padding);
}
