import { describe, expect, it } from "vitest";
import { describeCompletion } from "./support/completion.js";
import { run } from "./support/run.js";

// The others need to be installed: test/real/completion.test.ts.
describeCompletion("bash");

describe("sallyport completion", () => {
  it("names the shells that there are scripts for when asked for another one", async () => {
    const { exit, stderr } = await run(["completion", "fihs"]);
    expect(stderr).toBe(
      "error: there is no completion script for that shell [CONFIG_INVALID]\nhint: did you mean fish? name bash, zsh or fish\n",
    );
    expect(exit).toBe(2);
  });

  it("gives the script as JSON under --json", async () => {
    const { stdout } = await run(["completion", "bash", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      shell: "bash",
      script: expect.stringContaining("complete -F") as string,
    });
  });
});
