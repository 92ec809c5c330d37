import * as undici from "undici8";
import { askThrough } from "./support/undici.mjs";

await askThrough(undici);
