import * as undici from "undici7";
import { askThrough } from "./support/undici.mjs";

await askThrough(undici);
