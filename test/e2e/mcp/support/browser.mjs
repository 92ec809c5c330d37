#!/usr/bin/env node
/** A user who agrees to everything: goes where the URL leads, and back to the program. Writes each visit to a file. */
import { appendFileSync } from "node:fs";

const [, , visits, url] = process.argv;
appendFileSync(visits, `${url}\n`);
const there = await fetch(url, { redirect: "manual" });
await (await fetch(there.headers.get("location"))).text();
