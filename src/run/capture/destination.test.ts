import { describe, expect, it } from "vitest";
import { portIn } from "./destination.js";

const own = "0100C612:A3F2";
/** As the kernel writes a row of /proc/net/tcp. */
const row = (port: number, state: string, local = own): string =>
  `   1: ${local} 0200C612:${port.toString(16).toUpperCase().padStart(4, "0")} ${state} 00000000:00000000 00:00000000 00000000     0        0 1234 1\n`;
const isUnusual = (port: number): boolean => port !== 443;

describe("the port that a client has connected to", () => {
  it.each([
    ["is that of its row", [row(1, "01", "0100C612:A3F3"), row(7777, "01")], 7777],
    ["is that of a connection which is being closed again", [row(7777, "08")], 7777],
    [
      "is not one that has an acceptor of its own: the client's port may serve for two",
      [row(443, "01"), row(7777, "01")],
      7777,
    ],
    ["is not that of a connection which is over", [row(8888, "06"), row(7777, "01")], 7777],
    ["is rather that of an open connection than of one that is being closed", [row(8888, "05"), row(7777, "01")], 7777],
    ["is not guessed where two may be meant", [row(8888, "01"), row(7777, "01")], undefined],
    ["is unknown for a client that has gone", [row(7777, "01", "0100C612:A3F3")], undefined],
  ])("%s", (_what, rows, port) => {
    expect(portIn(rows.join(""), own, isUnusual)).toBe(port);
  });
});
