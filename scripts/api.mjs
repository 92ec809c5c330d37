// Writes docs/api.md from the docstrings of what src/index.ts and src/mcp/index.ts export. With --check, says whether it is out of date, and writes nothing.
// Either way it fails where an export has no docstring, or names a type of ours that a program could not name.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../", import.meta.url));
const source = join(root, "src");
const page = join(root, "docs/api.md");

const entry = ["createNetwork", "createFetch", "createDispatcher", "createAgent", "install"];
const errors = ["ConnectError", "isConnectError", "findConnectError", "faultCodes"];
const groups = [
  {
    title: "Entry",
    lead: "What a program holds. `createNetwork()` gives all of it, with one set of connections.",
    belongs: (name) => entry.includes(name),
  },
  {
    title: "Parts",
    lead: "What these are made from, each on its own.",
    belongs: (name, isType) => !isType && !errors.includes(name),
  },
  {
    title: "Errors",
    lead: "What is thrown, and what it says. The codes are explained in [faults.md](faults.md).",
    belongs: (name) => [...errors, "Fault", "FaultCode", "Hop", "Severity", "Stage"].includes(name),
  },
  { title: "Types", lead: "What goes in and comes out.", belongs: () => true },
];

const program = makeProgram();
const checker = program.getTypeChecker();
const problems = [];

function makeProgram() {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return ts.createProgram([join(source, "index.ts"), join(source, "mcp/index.ts")], { ...options, noEmit: true });
}

function readExports(file) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(source, file)));
  const described = checker.getExportsOfModule(module).map((symbol) => {
    const own = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
    const isType = (own.flags & ts.SymbolFlags.Value) === 0;
    // Of a function with overloads, the body says nothing to callers.
    const [declaration] = own.declarations;
    return { name: symbol.name, symbol: own, declaration, isType };
  });
  // Our own programs use them; nothing is promised to others.
  return described.filter(({ symbol }) => symbol.getJsDocTags(checker).every(({ name }) => name !== "internal"));
}

/** The docstring: its text, and what may be thrown. */
function docOf(symbol, names) {
  const text = linked(symbol.getDocumentationComment(checker), names);
  const thrown = symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name === "throws")
    .map((tag) => `Throws ${linked(tag.text ?? [], names).replace(/^\{?(\w+)\}?/, "`$1`")}`);
  const parameters = symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name === "param")
    .map((tag) => linked(tag.text ?? [], names).replace(/^(\w+)/, "`$1`:"));
  return [text, ...parameters, ...thrown].filter((part) => part !== "");
}

function linked(parts, names) {
  return parts
    .filter(({ kind }) => kind !== "link")
    .map(({ kind, text }) => (kind === "linkName" || kind === "linkText" ? link(text.trim(), names) : text))
    .join("")
    .trim();
}

const link = (name, names) => (names.has(name) ? `[\`${name}\`](#${name.toLowerCase()})` : `\`${name}\``);

/** The declaration as a program sees it: no body, no private members, its members' docstrings kept. */
function codeOf({ name, declaration }) {
  if (ts.isFunctionDeclaration(declaration)) {
    const head = textOf(declaration).slice(textOf(declaration).indexOf("("), endOfHead(declaration)).trim();
    return `function ${name}${head};`;
  }
  if (ts.isVariableDeclaration(declaration)) return `const ${name}: ${valueType(declaration)};`;
  if (ts.isClassDeclaration(declaration)) return classCode(name, declaration);
  return textOf(declaration)
    .replace(/^export\s+/, "")
    .replace(/\breadonly /g, "");
}

const textOf = (node) => node.getText(node.getSourceFile());
const endOfHead = (declaration) => declaration.body.getStart() - declaration.getStart();

function valueType(declaration) {
  const type = checker.getTypeAtLocation(declaration);
  const index = type.getProperties();
  // A table of codes is on a page of its own.
  return index.length > 20
    ? `Record<${index.length} codes, { stage: Stage; severity: Severity }>`
    : checker.typeToString(type);
}

function classCode(name, declaration) {
  const isPrivate = (member) =>
    (member.name !== undefined && (ts.isPrivateIdentifier(member.name) || /Symbol\.for/.test(textOf(member.name)))) ||
    (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0;
  const members = declaration.members
    .filter((member) => !isPrivate(member))
    .map((member) => {
      const full = member.getFullText().trim();
      const text = member.body === undefined ? full : full.slice(0, full.length - member.body.getText().length).trim();
      return `  ${text
        .replace(/\b(readonly|override) /g, "")
        .replace(/\n\s+/g, "\n  ")
        .replace(/;?$/, ";")}`;
    });
  const heritage = (declaration.heritageClauses ?? []).map((clause) => ` ${textOf(clause)}`).join("");
  return `class ${name}${heritage} {\n${members.join("\n")}\n}`;
}

/** Types of ours that a declaration names: whoever writes a program by this page must be able to name them. */
function unexported({ name, declaration, isType }, exported) {
  const missing = new Set();
  const visit = (node) => {
    if (node === declaration.body || (ts.isBlock(node) && !isType)) return;
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const at = checker.getSymbolAtLocation(ts.isTypeReferenceNode(node) ? node.typeName : node.expression);
      const symbol = at !== undefined && (at.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(at) : at;
      const file = symbol?.declarations?.[0]?.getSourceFile().fileName ?? "";
      const isParameter = symbol !== undefined && (symbol.flags & ts.SymbolFlags.TypeParameter) !== 0;
      if (file.startsWith(source) && !isParameter && !exported.has(symbol)) missing.add(symbol.name);
    }
    ts.forEachChild(node, visit);
  };
  if (!ts.isVariableDeclaration(declaration)) visit(declaration);
  return [...missing].map((type) => `${name} names ${type}, which is not exported`);
}

function render() {
  const exports = readExports("index.ts");
  const ofMcp = readExports("mcp/index.ts");
  const all = [...exports, ...ofMcp];
  const names = new Set(all.map(({ name }) => name));
  const symbols = new Set(all.map(({ symbol }) => symbol));
  for (const each of all) problems.push(...unexported(each, symbols));
  const left = new Set(exports);
  const parts = [
    "# The library",
    "Written from the docstrings of the sources (`npm run api`). Times are in milliseconds unless a name says otherwise; every property is read-only.",
    '```js\nimport { createNetwork } from "sallyport";\n\nawait using net = await createNetwork();\nawait net.fetch("https://api.example.com/");\n```',
  ];
  for (const { title, lead, belongs } of groups) {
    const members = [...left].filter(({ name, isType }) => belongs(name, isType));
    for (const each of members) left.delete(each);
    const order = title === "Entry" ? (each) => entry.indexOf(each.name) : () => 0;
    members.sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
    parts.push(`## ${title}`, lead);
    for (const each of members) parts.push(...section(each, names));
  }
  parts.push("## sallyport/mcp", "A subpath of its own, for MCP servers: [docs/mcp.md](mcp.md) has examples.");
  const byName = (a, b) => Number(a.isType) - Number(b.isType) || (a.name < b.name ? -1 : 1);
  for (const each of ofMcp.toSorted(byName)) parts.push(...section(each, names));
  return `${parts.join("\n\n")}\n`;
}

function section(each, names) {
  const doc = docOf(each.symbol, names);
  if (doc.length === 0) problems.push(`${each.name} has no docstring`);
  return [`### ${each.name}`, ...doc, `\`\`\`ts\n${codeOf(each)}\n\`\`\``];
}

const text = render();
if (problems.length > 0) {
  console.error(problems.map((problem) => `error: ${problem}`).join("\n"));
  process.exitCode = 1;
}
if (!process.argv.includes("--check")) await writeFile(page, text);
else if ((await readFile(page, "utf8").catch(() => "")) !== text) {
  console.error("error: docs/api.md is out of date\nhint: run node scripts/api.mjs");
  process.exitCode = 1;
}
