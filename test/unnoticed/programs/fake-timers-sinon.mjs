// The same with the library by which sinon, jest and many others do it, before the first request as well.
import FakeTimers from "@sinonjs/fake-timers";
import { withFake } from "./fake-timers.mjs";

/** Nothing has been asked for yet, and the time stands for all who come. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  await withFake({ urls, say }, "sinon", () => {
    // Node itself asks for these two: without a preload nothing would go on.
    const clock = FakeTimers.install({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    // Whoever of ours asked for one would be among them.
    const restore = () => {
      say("waiting", clock.countTimers());
      clock.uninstall();
    };
    return { asked: [], restore };
  });
  say("and goes on", Date.now() > 1e12);
}
