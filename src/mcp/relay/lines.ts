/**
 * The lines of a stream of bytes, without their ends, empty ones left out. A line that comes in many parts is put together once, so that
 * one of ten megabytes costs no more than its bytes.
 */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  for await (const chunk of input) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      parts.push(bytes.subarray(start, end));
      start = end + 1;
      const line = joined(parts);
      parts = [];
      if (line !== "") yield line;
    }
    if (start < bytes.length) parts.push(bytes.subarray(start));
  }
  const last = joined(parts);
  if (last !== "") yield last;
}

function joined(parts: readonly Uint8Array[]): string {
  const [only] = parts;
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").trim();
}
