// undici 8 as a program's own package: its functions, agents and mocks.
import { useUndici } from "../support/undici.mjs";

export const needs = { alone: true, node: 26 };

export const program = async (given) => useUndici(await import("undici8"), given);
