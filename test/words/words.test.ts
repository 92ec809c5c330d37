import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collectStrings, renderPage } from "../../scripts/strings.mjs";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** What the house once said, and what it says now. */
const banned: readonly (readonly [RegExp, string])[] = [
  [/\bis no (?!longer\b|more\b)/, 'is not a valid …; "there is no …" is meant by neither'],
  [/\bare no (?!longer\b|more\b)/, "are not …"],
  [/\banew\b/, "again; restart; reload"],
  [/\bmend(?:ed|s)?\b/, "fix"],
  [/\bopen(?:er|s TLS|ed TLS)\b/i, "intercept"],
  [/\bfar side\b/, "upstream, server, proxy: whichever it is"],
  [/\bfronts?\b(?! of)/i, "reverse proxy"],
  [/\bcallers?\b/, "client"],
  [/\bexclude each other\b/, "cannot be used together"],
  [/\bfor ever\b/, "too long; without end"],
  [/\b(?:may|can) be had\b/, "is available"],
  [/\bround (?:it|them)\b/, "around"],
  [/\btake(?:s)? (?:it|them|that) back\b/, "undo"],
];

const pages = ["README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md"].concat(
  ["architecture", "faults", "gateway", "programs", "recipes", "security", "status-page"].map(
    (name) => `docs/${name}.md`,
  ),
);

function findBanned(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      banned
        .filter(([phrase]) => phrase.test(line.replace(/\bthere is no\b/gi, "")))
        .map(([phrase, better]) => `line ${index + 1}: ${line.trim()} (${String(phrase)}: ${better})`),
    );
}

describe("the words that people read", () => {
  it("of the sources are plain modern English", async () => {
    const found = await collectStrings();
    expect(found.flatMap(({ strings }) => strings).length).toBeGreaterThan(1500);
    expect(findBanned(renderPage(found))).toEqual([]);
  });

  it.each(pages)("of %s are plain modern English", (page) => {
    expect(findBanned(read(page))).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const architecture = read("docs/architecture.md");

  it("says where a thing is, and it is there", () => {
    const where = architecture.slice(architecture.indexOf("## Where is"), architecture.indexOf("## Glossary"));
    const files = [...where.matchAll(/`((?:[\w-]+\/)+[\w-]+\.(?:ts|mjs|md))`/g)].map(([, file]) => file ?? "");
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !existsSync(join(root, "src", file)) && !existsSync(join(root, file)))).toEqual([]);
  });

  it("explains the terms that it uses for the rooms, each once and in order", () => {
    const glossary = architecture.slice(architecture.indexOf("## Glossary"), architecture.indexOf("## The rooms"));
    const terms = [...glossary.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)].map(([, term]) => term ?? "").slice(2);
    expect(terms.length).toBeGreaterThan(30);
    expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => a.localeCompare(b, "en")));
  });
});
