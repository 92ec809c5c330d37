import { endianness } from "node:os";
import type { OwnerCheck } from "../../base/system.js";
import { linuxOwners } from "./linux.js";
import type { OwnerPlaces } from "./types.js";

/**
 * Gives what tells whether a connection comes from this user; undefined where nothing does: macOS and Windows, a machine without /proc,
 * a user that its namespace does not know.
 */
export async function ownerCheck(
  platform: NodeJS.Platform,
  places: OwnerPlaces = machine(),
): Promise<OwnerCheck | undefined> {
  return platform === "linux" ? linuxOwners(places) : undefined;
}

/** Of one table: some 400 000 connections. Who has more is asked for the token. */
const mostBytes = 64 * 1024 * 1024;
/** More than the kernel gives at a time. */
const pieceSize = 65_536;

function machine(): OwnerPlaces {
  const [real, effective] = [process.getuid?.(), process.geteuid?.()];
  return { user: real === effective ? real : undefined, isLittleEndian: endianness() === "LE", readLines };
}

async function readLines(path: string, onLines: (text: string) => boolean): Promise<void> {
  const { open } = await import("node:fs/promises");
  const file = await open(path, "r");
  try {
    const piece = Buffer.allocUnsafe(pieceSize);
    let begun = "";
    for (let total = 0; total < mostBytes;) {
      const { bytesRead } = await file.read(piece, 0, pieceSize, null);
      if (bytesRead === 0) return;
      total += bytesRead;
      const text = begun + piece.toString("latin1", 0, bytesRead);
      const end = text.lastIndexOf("\n") + 1;
      begun = text.slice(end);
      if (end > 0 && !onLines(text.slice(0, end))) return;
    }
  } finally {
    await file.close();
  }
}
