import { expect, test } from "vitest";
import { rotateUnderLoad } from "./support/proof.js";

test("a certificate that is rotated under load costs no request, and each new one is in use before the next comes", async () => {
  const { requests, failures, wrong, worst } = await rotateUnderLoad(9);
  console.info(
    `rotation: ${requests} requests, worst delay ${Math.round(worst.ms)} ms (${worst.client}, ${worst.way})`,
  );
  expect(failures).toEqual([]);
  expect(wrong).toEqual([]);
}, 120_000);
