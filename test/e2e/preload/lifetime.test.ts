import { expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { fixture, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

test.each(["fetch", "node:https", "an undici Agent", "an undici Agent with HTTP/2", "an unreferenced HTTP/2 session"])(
  "connections that are kept for later do not hold a program: %s",
  async (client) => {
    const ended = await program(fixture("lifetime.mjs"), [client, lab.mtls.url], {
      variables: labVariables(lab, lab.strict),
    });
    expect(ended).toEqual({ status: 0, stdout: "", stderr: "" });
  },
);
