// Writes test/words/strings.md: every string of src/ that a person may read, room by room, so that a review reads one page
// and a change of words is one line of a diff. With --check, says whether the page is out of date, and writes nothing.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../", import.meta.url));
const page = join(root, "test/words/strings.md");

/** Properties that hold what is shown to people, if it is one word only. */
const roles = new Set(["message", "remedy", "problem", "detail", "description", "summary", "title", "label", "reason"]);

/** Style sheets and completion scripts: code of other languages. */
const foreign = /\/((?:status|report-page)\/(style|script)|completion\/(bash|fish|zsh))\.ts$/;

/** `{ room, file, strings: [{ role, text }] }` of each source file that has any, in the order of their paths. */
export async function collectStrings() {
  const files = (await readdir(join(root, "src"), { recursive: true }))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.[cm]?ts$/.test(file) && !/\.test\.ts$|\/testing\//.test(file) && !foreign.test(`/${file}`))
    .toSorted();
  const found = [];
  for (const file of files) {
    const source = ts.createSourceFile(
      file,
      await readFile(join(root, "src", file), "utf8"),
      ts.ScriptTarget.ESNext,
      true,
    );
    const strings = stringsOf(source);
    if (strings.length > 0) found.push({ room: file.includes("/") ? file.split("/")[0] : "", file, strings });
  }
  return found;
}

function stringsOf(source) {
  const strings = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    const text = textOf(node);
    if (text === undefined) return ts.forEachChild(node, visit);
    const role = roleOf(node);
    const shown = role === undefined ? isProse(text) || isMarkup(node, text) : /[a-z]{2}/i.test(text);
    if (shown) strings.push({ role, text });
    // What stands in the holes of a template is a string of its own.
    visitHoles(node, visit);
  };
  visit(source);
  return strings;
}

/** The whole of a string, a template or a sum of these; holes as `{name}`. */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return (
      node.head.text + node.templateSpans.map(({ expression, literal }) => hole(expression) + literal.text).join("")
    );
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const sides = [node.left, node.right].map((side) => textOf(side));
    if (sides.every((side) => side === undefined)) return undefined;
    return sides.map((side, index) => side ?? hole(index === 0 ? node.left : node.right)).join("");
  }
  return undefined;
}

function hole(expression) {
  const [name] = /[\w$#]+(?=(\([^()]*\))?$)/.exec(expression.getText()) ?? ["…"];
  return `{${name}}`;
}

function visitHoles(node, visit) {
  if (ts.isTemplateExpression(node)) for (const { expression } of node.templateSpans) visit(expression);
  if (ts.isBinaryExpression(node))
    for (const side of [node.left, node.right])
      if (textOf(side) === undefined) visit(side);
      else visitHoles(side, visit);
}

function roleOf(node) {
  const { parent } = node;
  const name = ts.isPropertyAssignment(parent) && parent.initializer === node ? parent.name.getText() : undefined;
  return roles.has(name) ? name : undefined;
}

/** Two words with a space between, and no code: messages of protocols, commands, PEM and HTML without text are left out. */
function isProse(text) {
  if (/^(HTTP\/1\.|-----BEGIN|CONNECT |GET )|\r\n/.test(text)) return false;
  return /[a-z]{2}[,:;)}]* [({"]*[a-z]|[}] [a-z]{2}|[a-z]{2}:? [{]/i.test(text.replace(/<[^>]*>/g, " "));
}

/** A heading or a cell of a page, if it is one word only. */
function isMarkup(node, text) {
  return ts.isTaggedTemplateExpression(node.parent) && />[^<{]*[a-z]{2}/i.test(text);
}

export function renderPage(found) {
  const lines = [
    "# Every string that people read",
    "",
    "Written by `node scripts/strings.mjs` from the sources: change the words there. `{name}` stands for a value.",
  ];
  let last;
  for (const { room, file, strings } of found) {
    if (room !== last) lines.push("", `## ${room === "" ? "the package" : room}`);
    last = room;
    lines.push("", `### ${file}`, "");
    for (const { role, text } of strings) {
      const shown = text.replaceAll("\n", "⏎").replaceAll("\u001b", "␛");
      lines.push(`- ${role === undefined ? "" : `${role}: `}${shown}`.trimEnd());
    }
  }
  return `${lines.join("\n")}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = renderPage(await collectStrings());
  if (!process.argv.includes("--check")) {
    await mkdir(join(root, "test/words"), { recursive: true });
    await writeFile(page, text);
  } else if ((await readFile(page, "utf8").catch(() => "")) !== text) {
    console.error(
      "error: test/words/strings.md is out of date\nhint: run node scripts/strings.mjs, and read what its diff shows",
    );
    process.exitCode = 1;
  }
}
