import type { Reporter, TestModule } from "vitest/node";

/** The last line of the run, for whoever adds up several suites. */
export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that cannot even be loaded has no tests to count, and is a failure all the same.
      if (module.children.size === 0 && module.state() === "failed") counts.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") counts[state]++;
      }
    }
    // After the teardown, which other reporters' summaries and the end of the daemons belong before.
    process.once("exit", () =>
      console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`),
    );
  }
}
