// nock 15 stands in for the server on the program's connections.
import { useNock } from "../support/nock.mjs";

/** It puts functions in the place of Node's, and needs what is new in it. */
export const needs = { alone: true, node: 22 };

export async function program({ urls, say }) {
  const { default: nock } = await import("nock15");
  // A function that answers a POST is never called by this version, with or without us.
  await useNock(nock, { urls, say, answer: "mocked" });
}
