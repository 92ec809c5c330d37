import { goClient } from "./compiled-clients.js";
import { findProgram } from "./programs.js";

export interface CapturedProgram {
  readonly name: string;
  /** What must be installed. */
  readonly program: string;
  readonly script: (url: string) => string;
}

/** PHP's own functions, which read no variable at all. */
export const phpStreams = (url: string): string => `env -i php -r 'exit(readfile("${url}") === false ? 1 : 0);'`;

/** With an emptied environment, and nothing in it that anything could be loaded into. */
export const staticGo = (program: string, url: string): string => `env -i ${program} ${url}`;

/** Programs that read no variable of ours, or too little: each asks for a path of its own name. Their files are in `folder`. */
export const capturedPrograms = (folder: string): readonly CapturedProgram[] => [
  { name: "php", program: "php", script: phpStreams },
  { name: "svn", program: "svn", script: (url) => `svn ls --non-interactive ${url}` },
  { name: "aria2c", program: "aria2c", script: (url) => `aria2c -q -d ${folder} -o aria2c.txt ${url}` },
  { name: "lftp", program: "lftp", script: (url) => `lftp -c 'set dns:order "inet"; cat ${url}'` },
  { name: "curl", program: "curl", script: (url) => `env -i ${findProgram("curl")} -fsS ${url}` },
  {
    name: "node",
    program: "env",
    script: (url) => `'${process.execPath}' -e 'fetch("${url}").then((answer) => answer.text())'`,
  },
  ...goProgram(),
  { name: "java", program: "javac", script: (url) => `java ${folder}/Ask.java ${url}` },
  {
    name: "chromium",
    program: "chromium",
    // Its own list of authorities knows none of ours: what counts is that it gets there.
    script: (url) =>
      `chromium --headless=new --no-sandbox --disable-gpu --ignore-certificate-errors --user-data-dir=${folder}/profile --dump-dom ${url}`,
  },
];

export const askInJava = `
  import java.net.*;
  public class Ask {
    public static void main(String[] urls) throws Exception { new URL(urls[0]).openStream().readAllBytes(); }
  }`;

function goProgram(): CapturedProgram[] {
  const client = goClient({ isStatic: true });
  return "missing" in client ? [] : [{ name: "go", program: "go", script: (url) => staticGo(client.path, url) }];
}
