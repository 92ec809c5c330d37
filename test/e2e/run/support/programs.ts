import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** An unmodified program, and how it is told to ask for a URL. */
export interface Program {
  readonly name: string;
  /** What shows that it is installed. */
  readonly probe: readonly string[];
  /** The command that makes it send at least one request for `url` or for something below it. */
  readonly command: (url: string, folder: string) => readonly string[];
  /** What it needs in a folder of its own. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** It misses a repository behind the lab's URLs, and says so after it has asked. */
  readonly complains?: boolean;
}

const python = "import requests, sys; print(requests.get(sys.argv[1]).text)";

/** Of those that many others are built on. test/real and the coverage matrix have all of them. */
export const programs: readonly Program[] = [
  { name: "curl", probe: ["curl", "--version"], command: (url) => ["curl", "-sS", url] },
  { name: "wget", probe: ["wget", "--version"], command: (url) => ["wget", "-q", "-O-", url] },
  {
    name: "python requests",
    probe: ["python3", "-c", "import requests"],
    command: (url) => ["python3", "-c", python, url],
  },
  {
    name: "git",
    probe: ["git", "--version"],
    command: (url) => ["git", "ls-remote", `${url}/repository.git`],
    complains: true,
  },
];

const java = (name: string, source: string): Program => ({
  name,
  probe: ["javac", "-version"],
  prepare: (folder) => writeFile(join(folder, "Program.java"), source),
  command: (url, folder) => ["java", join(folder, "Program.java"), url],
});

export const urlConnection = java(
  "Java's URLConnection",
  `public class Program {
  public static void main(String[] arguments) throws Exception {
    System.out.println(new String(new java.net.URL(arguments[0]).openStream().readAllBytes()));
  }
}
`,
);

export const httpClient = java(
  "Java's HttpClient",
  `import java.net.URI;
import java.net.http.*;
public class Program {
  public static void main(String[] arguments) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
    System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
`,
);

export function isInstalled({ probe }: Program): boolean {
  const [program = "", ...rest] = probe;
  try {
    execFileSync(program, rest, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
