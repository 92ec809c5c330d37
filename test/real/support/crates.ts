import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A crate called `thing` in a sparse index, as a static server publishes one: https://doc.rust-lang.org/cargo/reference/registry-index.html */
export function makeCrate(directory: string): void {
  const source = join(directory, "thing-1.0.0");
  mkdirSync(join(source, "src"), { recursive: true });
  writeFileSync(join(source, "Cargo.toml"), `[package]\nname = "thing"\nversion = "1.0.0"\nedition = "2021"\n`);
  writeFileSync(join(source, "src", "lib.rs"), "");
  const crate = join(directory, "thing-1.0.0.crate");
  execFileSync("tar", ["-czf", crate, "-C", directory, "thing-1.0.0"]);
  const index = join(directory, "index");
  mkdirSync(join(index, "th", "in"), { recursive: true });
  writeFileSync(join(index, "config.json"), JSON.stringify({ dl: "{origin}/{crate}-{version}.crate" }));
  const cksum = createHash("sha256").update(readFileSync(crate)).digest("hex");
  const release = { name: "thing", vers: "1.0.0", deps: [], cksum, features: {}, yanked: false };
  writeFileSync(join(index, "th", "in", "thing"), `${JSON.stringify(release)}\n`);
}
