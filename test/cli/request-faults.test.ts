import { describe, expect, it } from "vitest";
import { isConnectError } from "../../src/base/errors.js";
import { requestFault } from "../../src/cli/faults-request.js";

const judge = (error: unknown): unknown =>
  requestFault(error, {
    url: new URL("https://api.lab.test/"),
    signal: new AbortController().signal,
    maxTime: undefined,
    stages: [],
    follows: false,
  });

describe("requestFault", () => {
  it("takes what fetch fails with, and nobody foresaw, for the network's", () => {
    const found = judge(new TypeError("fetch failed", { cause: new Error("integrity mismatch with tulip") }));
    expect(isConnectError(found) && found.toJSON()).toMatchObject({
      code: "HTTP_INVALID",
      stage: "http",
      hop: "target",
      message: "the answer of api.lab.test cannot be used",
    });
  });

  it("takes a request that fetch does not send for the user's", () => {
    const cause = Object.assign(new Error("invalid connection header"), { code: "UND_ERR_INVALID_ARG" });
    expect(judge(new TypeError("fetch failed", { cause }))).toMatchObject({ code: "CONFIG_INVALID", hop: "local" });
  });

  it("leaves defects as they are: programming errors, within fetch and outside of it", () => {
    const defects = [
      new TypeError("x is not a function"),
      new TypeError("fetch failed", { cause: new TypeError("x is not a function") }),
      new TypeError("fetch failed", { cause: new ReferenceError("x is not defined") }),
    ];
    expect(defects.map(judge)).toEqual(defects);
    expect(defects.map(judge).some(isConnectError)).toBe(false);
  });
});
