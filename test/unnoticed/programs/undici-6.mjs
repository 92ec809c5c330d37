// undici 6 as a program's own package: its functions, agents and mocks.
import { useUndici } from "../support/undici.mjs";

export const needs = { alone: true };

export const program = async (given) => useUndici(await import("undici6"), given);
