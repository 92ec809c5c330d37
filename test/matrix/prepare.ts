import { toolRows } from "./rows-tools.js";

// Fetches and compiles what the rows need, while there is a network: what cannot be had is skipped by its name.
for (const { name, absent } of toolRows({ install: true }))
  if (absent !== undefined) console.error(`matrix: ${name}: ${absent}`);
