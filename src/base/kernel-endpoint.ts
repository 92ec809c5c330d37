import type { IpAddress } from "./ip.js";

/** What Linux's tables of sockets, /proc/net/tcp (`v4`) and tcp6 (`v6`), are read with. */
export interface KernelTable {
  readonly table: "v4" | "v6";
  readonly isLittleEndian: boolean;
}

/**
 * One end of a connection as a table has it: `0100007F:1F90`. IPv4 lies in the other table too, where a socket can do both. The kernel prints each
 * 32 bits as a number of the machine's own.
 */
export function kernelEndpoint(
  { family, value }: IpAddress,
  port: number,
  { table, isLittleEndian }: KernelTable,
): string {
  const whole = family === 4 && table === "v6" ? (0xffffn << 32n) | value : value;
  const hex = whole.toString(16).padStart(table === "v4" ? 8 : 32, "0");
  const words = isLittleEndian ? hex.replace(/(..)(..)(..)(..)/g, "$4$3$2$1") : hex;
  return `${words}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}
