// tsx: a program in TypeScript, which is translated while it is loaded.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { translating } from "../asked.mjs";

export const needs = {
  alone: true,
  flags: ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href],
};

export const program = translating(() => import("../typed.cts"));
