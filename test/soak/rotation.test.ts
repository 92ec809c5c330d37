import { expect, test } from "vitest";
import { rotateUnderLoad } from "../e2e/rotation/support/proof.js";

test("a hundred rotations under load cost no request, and each new certificate is in use before the next comes", async () => {
  const { requests, failures, wrong, worst, perSecond } = await rotateUnderLoad(100);
  const delay = `worst delay ${Math.round(worst.ms)} ms (${worst.client}, ${worst.way})`;
  console.info(`rotation: 100 rotations, ${requests} requests, ${Math.round(perSecond)} a second, ${delay}`);
  expect(failures).toEqual([]);
  expect(wrong).toEqual([]);
}, 900_000);
