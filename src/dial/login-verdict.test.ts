import { describe, expect, test } from "vitest";
import { LoginVerdict, pauseAfter, verdictOn } from "./login-verdict.js";
import { proxyAt } from "./testing/context.js";

const patience = 60_000;

/** A login that `a:443` has been reached with. */
function good(): LoginVerdict {
  const verdict = new LoginVerdict();
  verdict.accepted(verdict.send("a:443", patience));
  return verdict;
}

describe("a login that nobody knows yet", () => {
  test("is on trial by one alone, and good for all once that one was let in", async () => {
    const verdict = new LoginVerdict();
    const first = verdict.send("a:443", patience);
    const { trial } = verdict;
    expect([verdict.isGood, trial]).toEqual([false, expect.any(Promise)]);
    verdict.accepted(first);
    await trial;
    expect([verdict.isGood, verdict.trial, verdict.pause("b:443", 0)]).toEqual([true, undefined, 0]);
  });

  test("is left to the next one where the first hears nothing about it, and by nobody else's end", async () => {
    const verdict = new LoginVerdict();
    const first = verdict.send("a:443", patience);
    const again = verdict.sendAgain("a:443");
    verdict.unanswered(again);
    expect(verdict.trial).toBeDefined();
    verdict.unanswered(first);
    expect([verdict.isGood, verdict.trial]).toEqual([false, undefined]);
  });

  test("and is refused is refused everywhere for a pause, each longer than the one before, up to half an hour", () => {
    const verdict = new LoginVerdict();
    let now = 1000;
    const pauses = [1, 2, 3, 4, 5].map(() => {
      verdict.refused(verdict.send(`t${now}:443`, patience), now);
      const pause = verdict.pause("other:443", now);
      expect(verdict.pause("other:443", now + pause - 1)).toBe(1);
      now += pause;
      expect(verdict.pause("other:443", now)).toBe(0);
      return pause / 1000;
    });
    expect(pauses).toEqual([30, 120, 480, 1800, 1800]);
  });

  test("is not tried next for the target that it was refused for, which may be refused to everybody", () => {
    const verdict = new LoginVerdict();
    verdict.refused(verdict.send("a:443", patience), 0);
    expect([verdict.pause("a:443", pauseAfter(1)), verdict.pause("b:443", pauseAfter(1))]).toEqual([pauseAfter(1), 0]);
  });
});

describe("a login that was good", () => {
  test("and is refused for a target that was never reached, is refused for that one, and on trial for the others", () => {
    const verdict = good();
    verdict.refused(verdict.send("forbidden:443", patience), 0);
    expect([verdict.isGood, verdict.isRefused]).toEqual([false, false]);
    expect([verdict.pause("forbidden:443", 0) > 0, verdict.pause("a:443", 0)]).toEqual([true, 0]);
    verdict.accepted(verdict.send("b:443", patience));
    expect(verdict.isGood).toBe(true);
    expect(verdict.pause("forbidden:443", 0)).toBeGreaterThan(0);
  });

  test("and is refused in that trial, is refused for all", () => {
    const verdict = good();
    verdict.refused(verdict.send("forbidden:443", patience), 0);
    verdict.refused(verdict.send("b:443", patience), 0);
    expect([verdict.isRefused, verdict.pause("a:443", 0)]).toEqual([true, pauseAfter(1)]);
  });

  test("and is refused for a target that was reached, is refused for all", () => {
    const verdict = good();
    verdict.refused(verdict.send("a:443", patience), 0);
    expect([verdict.isRefused, verdict.pause("b:443", 0)]).toEqual([true, pauseAfter(1)]);
  });

  test("is not so by what the proxy had let in before it refused it", () => {
    const verdict = good();
    const early = verdict.send("slow:443", patience);
    verdict.refused(verdict.send("a:443", patience), 0);
    verdict.accepted(early);
    expect([verdict.isGood, verdict.isRefused]).toEqual([false, true]);
  });

  test("counts many refusals of what was under way at once as one", () => {
    const verdict = good();
    const sent = Array.from({ length: 20 }, () => verdict.send("a:443", patience));
    for (const each of sent) verdict.refused(each, 0);
    expect(verdict.pause("b:443", 0)).toBe(pauseAfter(1));
  });
});

test("there is one verdict on a login in the whole process, for each proxy, user and password", () => {
  const login = { username: "alice", password: "secret" };
  const proxy = proxyAt("http", 3128);
  const verdict = verdictOn(proxy, login);
  expect(verdictOn({ ...proxy }, { ...login })).toBe(verdict);
  const others = [
    verdictOn({ ...proxy, port: 3129 }, login),
    verdictOn(proxy, { ...login, username: "bob" }),
    verdictOn(proxy, { ...login, password: "other" }),
  ];
  for (const other of others) expect(other).not.toBe(verdict);
});
