import { describe, expect, it } from "vitest";
import type { OwnerCheck } from "../../base/system.js";
import { ownerCheck } from "./index.js";

const heading =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";

/** A row as the kernel prints it. */
const row = (local: string, remote: string, { state = "01", uid = 1000, inode = 4711 } = {}): string =>
  `   7: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 00000000d7751980 20 4 30 10 -1\n`;

interface Machine {
  readonly v4?: string;
  readonly v6?: string;
  readonly user?: number | undefined;
  readonly overflow?: string;
  readonly isLittleEndian?: boolean;
}

function readings(machine: Machine): { readonly read: string[]; check(): Promise<OwnerCheck | undefined> } {
  const read: string[] = [];
  const files: Readonly<Record<string, string | undefined>> = {
    "/proc/net/tcp": machine.v4 === undefined ? undefined : heading + machine.v4,
    "/proc/net/tcp6": machine.v6 === undefined ? undefined : heading + machine.v6,
    "/proc/sys/kernel/overflowuid": machine.overflow ?? "65534\n",
  };
  const readLines = async (path: string, onLines: (text: string) => boolean): Promise<void> => {
    read.push(path);
    const text = files[path];
    if (text === undefined) throw new Error("ENOENT");
    onLines(text);
  };
  const { user = 1000, isLittleEndian = true } = machine;
  const places = { user: "user" in machine ? machine.user : user, isLittleEndian, readLines };
  return { read, check: () => ownerCheck("linux", places) };
}

const client = "0100007F:9C40"; // 127.0.0.1:40000
const gateway = "0100007F:1F90"; // 127.0.0.1:8080
const ends = { near: { address: "127.0.0.1", port: 8080 }, far: { address: "127.0.0.1", port: 40_000 } };
const mapped = (end: string): string => `0000000000000000FFFF0000${end}`;

const isOwn = async (machine: Machine, connection = ends): Promise<boolean | undefined> =>
  (await readings(machine).check())?.(connection);

describe("whose a connection is, on Linux", () => {
  it("is what the client's own row says, by all four numbers", async () => {
    expect(await isOwn({ v4: row(client, gateway) })).toBe(true);
    expect(await isOwn({ v4: row(client, gateway, { uid: 1001 }) })).toBe(false);
    // Our end of it is ours, whoever the client is.
    expect(await isOwn({ v4: row(gateway, client) + row(client, gateway, { uid: 1001 }) })).toBe(false);
    for (const other of ["0100007F:9C41", "0200007F:9C40"]) {
      expect(await isOwn({ v4: row(other, gateway) + row(client, other) })).toBe(false);
    }
  });

  it("is known of clients that use IPv4 by a socket of IPv6, and of IPv6 itself", async () => {
    expect(await isOwn({ v4: "", v6: row(mapped(client), mapped(gateway)) })).toBe(true);
    const [near, far] = [8080, 40_000].map((port) => ({ address: "::1", port }));
    const v6 = row("00000000000000000000000001000000:9C40", "00000000000000000000000001000000:1F90");
    expect(await isOwn({ v4: "", v6 }, { near: near ?? ends.near, far: far ?? ends.far })).toBe(true);
    expect(await isOwn({ v4: row("7F000001:9C40", "7F000001:1F90"), isLittleEndian: false })).toBe(true);
  });

  it("is nobody's where the client has closed, or is in another namespace, or no table can be read", async () => {
    for (const state of ["02", "04", "05", "06"])
      expect(await isOwn({ v4: row(client, gateway, { state }) })).toBe(false);
    expect(await isOwn({ v4: row(client, gateway, { inode: 0 }) })).toBe(false);
    expect(await isOwn({ v4: "" })).toBe(false);
    expect(await isOwn({ v4: row(client, gateway) }, { ...ends, far: { address: "unknown", port: 1 } })).toBe(false);
  });

  it("is not asked where the answer would mean nothing", async () => {
    const v4 = row(client, gateway, { uid: 65_534 });
    // Every user whom the namespace does not know has this number.
    expect(await readings({ v4, user: 65_534 }).check()).toBeUndefined();
    expect(await readings({ v4, user: 4242, overflow: "4242\n" }).check()).toBeUndefined();
    // A program with another user's rights.
    expect(await readings({ v4, user: undefined }).check()).toBeUndefined();
    expect(await readings({}).check()).toBeUndefined();
    expect(await ownerCheck("darwin")).toBeUndefined();
    expect(await ownerCheck("win32")).toBeUndefined();
  });

  it("is read for all who wait at once, and not from a reading that began before them", async () => {
    const { read, check } = readings({ v4: row(client, gateway) });
    const ask = await check();
    read.length = 0;
    const others = Array.from({ length: 100 }, (_, port) => ({ ...ends, far: { address: "127.0.0.1", port } }));
    expect((await Promise.all([ends, ...others].map(async (each) => ask?.(each)))).filter(Boolean)).toHaveLength(1);
    // The first one alone, then all others; whoever is not in one table may be in the other.
    expect(read).toEqual(["/proc/net/tcp", "/proc/net/tcp", "/proc/net/tcp6"]);
  });
});
