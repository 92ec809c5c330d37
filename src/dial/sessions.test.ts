import { expect, test } from "vitest";
import { dropSessions, keepSession, takeSession } from "./sessions.js";

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

test("a ticket is known under its own key alone, and can be forgotten", () => {
  keepSession("b", ticket("1"));
  expect(takeSession("c")).toBeUndefined();
  dropSessions("b");
  expect(takeSession("b")).toBeUndefined();
});
