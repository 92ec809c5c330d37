import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a build that needs one file of the repository at `origin` that makeMavenRepository has made, and no plugin. */
export function makeGradleProject(folder: string, origin: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "settings.gradle"), "");
  writeFileSync(join(folder, "build.gradle"), buildFile(origin));
}

const buildFile = (origin: string): string => `repositories { maven { url "${origin}/maven" } }
configurations { thing }
dependencies { thing "lab:thing:1.0.0@pom" }
task fetch { doLast { configurations.thing.files.each { println it.name } } }
`;
