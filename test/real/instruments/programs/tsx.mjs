// tsx: a program in TypeScript, which is translated while it is loaded.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { askEach } from "../asked.mjs";

export const needs = {
  alone: true,
  flags: ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href],
};

export async function program({ urls, say }) {
  const { kind } = await import("../typed.cts");
  say("translated", kind("yes"));
  await askEach(urls, say);
}
