import * as undici from "undici6";
import { askThrough } from "./support/undici.mjs";

await askThrough(undici);
