import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const parent = `<groupId>lab</groupId><artifactId>thing</artifactId><version>1.0.0</version>`;

/** A project that needs its parent from a repository at `origin`, and nothing else: no plugin runs in the phase `validate`. */
export const mavenProject = (origin: string): string => `<project>
  <modelVersion>4.0.0</modelVersion>
  <parent>${parent}<relativePath/></parent>
  <artifactId>asker</artifactId>
  <packaging>pom</packaging>
  <repositories><repository><id>lab</id><url>${origin}/maven</url></repository></repositories>
</project>
`;

/** That repository, as a static server publishes it. */
export function makeMavenRepository(directory: string): void {
  const folder = join(directory, "maven", "lab", "thing", "1.0.0");
  mkdirSync(folder, { recursive: true });
  const project = `<project><modelVersion>4.0.0</modelVersion>${parent}<packaging>pom</packaging></project>\n`;
  writeFileSync(join(folder, "thing-1.0.0.pom"), project);
}
