// msw 3 stands in for the server on the program's connections.
import { useMsw } from "../support/msw.mjs";

/** It puts functions in the place of Node's, and needs what is new in it. */
export const needs = { alone: true, node: 22 };

export async function program({ urls, say }) {
  const [msw, node] = await Promise.all([import("msw3"), import("msw3/node")]);
  await useMsw({ ...msw, ...node }, urls, say);
}
