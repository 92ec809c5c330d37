import { expect, test } from "vitest";
import { refuseSessions, keepSession, takeSession } from "./sessions.js";

const ticket = (text: string): { ticket: Buffer; asked: boolean; issuer: undefined } => ({
  ticket: Buffer.from(text),
  asked: false,
  issuer: undefined,
});

test("each ticket is handed out once while there are others, and the last one stays", () => {
  keepSession("a", ticket("1"));
  keepSession("a", ticket("2"));
  const taken = [takeSession("a"), takeSession("a"), takeSession("a")].map((session) => session?.ticket.toString());
  expect(taken).toEqual(["1", "2", "2"]);
});

test("a ticket is known under its own key alone, and none is taken any more from a peer that choked on one", () => {
  keepSession("b", ticket("1"));
  expect(takeSession("c")).toBeUndefined();
  refuseSessions("b");
  keepSession("b", ticket("2"));
  expect(takeSession("b")).toBeUndefined();
});
