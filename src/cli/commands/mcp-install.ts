import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { quotePath } from "../../base/quote-path.js";
import { dataFolderPath, readEnvironment } from "../../env/index.js";
import {
  checkWanted,
  diffLines,
  entryFor,
  openSettings,
  placeOf,
  sameEntry,
  titleOf,
  withWholePaths,
  type DiffLine,
  type Entry,
  type Place,
  type Program,
  type Surroundings,
} from "../../mcp/settings/index.js";
import type { Context } from "../context.js";
import {
  alreadyThere,
  cannotAsk,
  changedByHand,
  noClient,
  noProjectFile,
  nothingToUndo,
} from "../faults-mcp-settings.js";
import type { GivenOption } from "../model/given-options.js";
import type { Invocation, McpFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import {
  hashOf,
  readSettingsFile,
  recordStore,
  replaceSettingsFile,
  textOf,
  type InstallRecord,
  type SettingsFile,
} from "./mcp-file.js";

type Install = Extract<Invocation, { command: "mcp-install" }>;

/** `sallyport mcp install`: the entry in a client's settings that starts the bridge. */
export async function mcpInstallCommand({ name, url, options, flags }: Install, context: Context): Promise<number> {
  if (flags.client === undefined) throw noClient();
  if (flags.json === true && flags.yes !== true && flags.dryRun !== true) throw cannotAsk();
  const around = surroundingsOf(context);
  const place = placeOf(flags.client, flags.project === true ? "project" : "user", around);
  if (place === undefined) throw noProjectFile(titleOf(flags.client));
  if (url !== undefined && flags.undo !== true) checkWanted(name, { url, options: flat(options) });
  const file = await readSettingsFile(place.path);
  const text = textOf(file);
  const work = { name, place, file, text, store: recordStore(dataFolderPath(around), file, name) };
  const change = url === undefined ? await undoing(work) : await installing(work, url, { options, flags, around });
  const written = await carryOut(change, { ...work, flags }, context);
  if (flags.json === true) await context.terminal.json(described(change, work, written));
  return exitCode.fine;
}

export function surroundingsOf({ variables }: Context): Surroundings {
  const { platform, home } = readEnvironment({ variables });
  return { platform, home, directory: process.cwd(), variables };
}

interface Work {
  readonly name: string;
  readonly place: Place;
  readonly file: SettingsFile;
  readonly text: string;
  readonly store: ReturnType<typeof recordStore>;
}

interface Change {
  readonly action: "add" | "replace" | "undo" | "none";
  /** Undefined: the file goes. */
  readonly bytes: Buffer | undefined;
  readonly diff: readonly DiffLine[];
  readonly entry: Entry | undefined;
  readonly books: Books;
}

/** What is kept of a change beside the file itself. */
interface Books {
  /** Before the file is written: if there is no place for this, nothing is to be written at all. Gives where the file as it is now is kept. */
  readonly open: () => Promise<string | null>;
  /** The file could not be written: as if nothing had been tried. */
  readonly cancel: (backup: string | null) => Promise<void>;
  /** The file was written. */
  readonly close: () => Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();
const noBooks: Books = { open: () => Promise.resolve(null), cancel: nothing, close: nothing };

async function installing(
  { name, place, file, text, store }: Work,
  url: string,
  { options, flags, around }: { options: readonly GivenOption[]; flags: McpFlags; around: Surroundings },
): Promise<Change> {
  const document = openSettings(text, place);
  const files = new Set(options.flatMap(({ flag, isFile }) => (isFile ? [flag] : [])));
  const wanted = { url, options: withWholePaths(flat(options), files, around) };
  const entry = entryFor(place, wanted, programHere(around), around);
  const present = document.entries.get(name);
  if (document.entries.has(name) && sameEntry(present, entry)) {
    return { action: "none", bytes: file.bytes, diff: [], entry, books: noBooks };
  }
  if (document.entries.has(name) && flags.replace !== true) throw alreadyThere(name, place.path);
  const after = document.set(name, entry);
  const bytes = Buffer.from(after);
  const earlier = await store.load();
  // Where the present entry is ours, what is to come back is what was there before it.
  const kept = earlier !== undefined && sameEntry(present, earlier.after) ? earlier : undefined;
  return {
    action: document.entries.has(name) ? "replace" : "add",
    bytes,
    diff: diffLines(text, after, entry),
    entry,
    books: {
      async open() {
        const backup = await store.keep(file.bytes);
        await store.save({
          before: kept === undefined ? (document.written(name) ?? null) : kept.before,
          after: entry,
          madeFile: kept?.madeFile ?? file.bytes === undefined,
          madeTable: kept?.madeTable ?? !document.hasTable,
          left: hashOf(bytes),
          backup: kept === undefined ? backup : kept.backup,
          isWhole: kept === undefined || (kept.isWhole === true && isAsLeft(file, kept)),
        });
        return backup;
      },
      async cancel(backup) {
        await (earlier === undefined ? store.forget() : store.save(earlier));
        if (backup !== null && backup !== earlier?.backup) await store.discard(backup);
      },
      close: nothing,
    },
  };
}

async function undoing({ name, place, file, text, store }: Work): Promise<Change> {
  const record = await store.load();
  if (record === undefined) throw nothingToUndo(name, place.path);
  const document = openSettings(text, place);
  if (!sameEntry(document.entries.get(name), record.after)) throw changedByHand(name, place.path, record.backup);
  const untouched = isAsLeft(file, record);
  const wasOurs = untouched && record.before === null && record.madeFile;
  // Byte for byte where nobody else has written there since, and else the entry alone.
  const whole = untouched && record.isWhole === true && record.backup !== null ? record.backup : undefined;
  const entryWise =
    record.before === null ? document.remove(name, { table: record.madeTable }) : document.restore(name, record.before);
  const bytes = (whole === undefined ? undefined : await store.recall(whole)) ?? Buffer.from(entryWise);
  return {
    action: "undo",
    bytes: wasOurs ? undefined : bytes,
    diff: diffLines(text, wasOurs ? "" : bytes.toString("utf8"), record.after as Entry),
    entry: undefined,
    books: { ...noBooks, close: () => store.forget() },
  };
}

const isAsLeft = ({ bytes }: SettingsFile, { left }: InstallRecord): boolean =>
  bytes !== undefined && hashOf(bytes) === left;

async function carryOut(
  { action, bytes, diff, books }: Change,
  { name, place, file, flags }: Work & { readonly flags: McpFlags },
  context: Context,
): Promise<{ readonly written: boolean; readonly backup: string | null }> {
  const { terminal } = context;
  const isForPeople = flags.json !== true;
  const tell = async (text: string): Promise<void> => (isForPeople ? terminal.print(`${text}\n`) : undefined);
  const shown = quotePath(place.path);
  if (action === "none") {
    await tell(`${shown} has this server ${name} already: nothing to do.`);
    return { written: false, backup: null };
  }
  const { good, bad, dim, bold } = terminal.out;
  await tell(bold(`${shown}  (${titleOf(place.client)})`));
  for (const { sign, text } of diff) {
    const paint = sign === "+" ? good : sign === "-" ? bad : dim;
    await tell(paint(`${sign} ${text}`));
  }
  if (flags.dryRun === true) {
    await tell("Nothing was written (--dry-run).");
    return { written: false, backup: null };
  }
  if (flags.yes !== true && !(await agreed(context))) {
    await tell("Nothing was written.");
    return { written: false, backup: null };
  }
  const backup = await books.open();
  try {
    await replaceSettingsFile(file, bytes, { shared: place.scope === "project" });
  } catch (error) {
    await books.cancel(backup);
    throw error;
  }
  await books.close();
  await tell(
    action === "undo"
      ? `${shown}: the server ${name} is as it was before.`
      : `Written. ${titleOf(place.client)} sees it at its next start.${backup === null ? "" : `\nThe file as it was before: ${quotePath(backup)}`}`,
  );
  return { written: true, backup };
}

/** Yes has to be said: an end of the input, and anything else, is a no. */
async function agreed({ io, terminal }: Context): Promise<boolean> {
  await terminal.note("Write this? [y/N]");
  const stopped = new Promise<false>((resolve) => {
    io.signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  const answer = (async () => {
    let text = "";
    for await (const chunk of io.stdin) {
      text += Buffer.from(chunk).toString("utf8");
      if (text.includes("\n")) break;
    }
    return /^\s*y(?:es)?\s*(?:\n|$)/i.test(text);
  })();
  const said = await Promise.race([answer, stopped]);
  io.signal.throwIfAborted();
  return said;
}

function described(
  { action, diff, entry }: Change,
  { name, place }: Work,
  { written, backup }: { written: boolean; backup: string | null },
): object {
  const { client, scope, path } = place;
  return {
    ok: true,
    action,
    written,
    client,
    scope,
    path,
    name,
    entry: entry ?? null,
    diff: diff.map(({ sign, text }) => `${sign}${text}`),
    backup,
  };
}

function flat(options: readonly GivenOption[]): string[] {
  return options.flatMap(({ flag, value }) =>
    value === undefined ? [flag] : value.startsWith("-") ? [`${flag}=${value}`] : [flag, value],
  );
}

/** How this very sallyport is started. */
function programHere({ variables, platform }: Surroundings): Program {
  const folders = (variables["PATH"] ?? "").split(delimiter);
  const inPath =
    platform !== "win32" &&
    folders.some((folder) => {
      try {
        accessSync(join(folder, "sallyport"), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  return { node: process.execPath, script: process.argv[1] ?? "sallyport", inPath };
}
