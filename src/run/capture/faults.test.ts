import { expect, it } from "vitest";
import { namespacesRefused } from "./faults.js";

it("Ubuntu's rule for AppArmor is named with what unshare says under it, and with its remedy", () => {
  const words = "unshare: write failed /proc/self/uid_map: Operation not permitted";
  const { code, message, remedy } = namespacesRefused("apparmor", words);
  expect({ code, message }).toEqual({
    code: "CAPTURE_UNAVAILABLE",
    message: `--capture cannot begin: AppArmor keeps programs from making user namespaces (${words})`,
  });
  expect(remedy).toContain("kernel.apparmor_restrict_unprivileged_userns");
});

it("a refusal by seccomp, as in containers, names the options that allow it", () => {
  const { message, remedy } = namespacesRefused("seccomp", "unshare: unshare failed: Operation not permitted");
  expect(message).toContain("as in most containers (unshare: unshare failed: Operation not permitted)");
  expect(remedy).toContain("--security-opt seccomp=unconfined");
});
