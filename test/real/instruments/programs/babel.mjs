// @babel/register: a program in TypeScript, which is translated while it is loaded.
import { createRequire } from "node:module";
import { translating } from "../asked.mjs";

const require = createRequire(import.meta.url);

export const needs = { alone: true, flags: ["--require", require.resolve("../babel.cjs")] };

export const program = translating(() => require("../typed.cts"));
