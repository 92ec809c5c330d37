// ts-node: a program in TypeScript, which is translated while it is loaded.
import { createRequire } from "node:module";
import { askEach } from "../asked.mjs";

export const needs = {
  alone: true,
  flags: ["--require", createRequire(import.meta.url).resolve("../ts-node.cjs")],
};

export async function program({ urls, say }) {
  const { kind } = createRequire(import.meta.url)("../typed.cts");
  say("translated", kind("yes"));
  await askEach(urls, say);
}
