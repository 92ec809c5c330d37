import { parseIp } from "../../base/ip.js";
import { kernelEndpoint } from "../../base/kernel-endpoint.js";
import type { OwnerCheck, ConnectionEnds } from "../../base/system.js";
import type { OwnerPlaces } from "./types.js";

const tables = { v4: "/proc/net/tcp", v6: "/proc/net/tcp6" } as const;
/** TCP_ESTABLISHED (include/net/tcp_states.h). In every later state the socket may have lost its process, and is said to be root's. */
const established = "01";
/** Stands for every user whom a namespace does not know: any of them may be behind it. */
const usualOverflow = 65_534;

/** One connection that somebody waits to know of. */
interface Question {
  /** The rows that it may have, by table: IPv4 lies in the other one too, where the client's socket can do both. */
  readonly rows: Readonly<Record<keyof typeof tables, readonly Row[]>>;
  readonly settle: (isOwn: boolean) => void;
}

/** As the tables have it: `0100007F:1F90`. */
interface Row {
  readonly far: string;
  readonly near: string;
}

/**
 * The kernel's tables of TCP sockets name each one's user, that of whoever made it. Looked for is the client's own row: its address first,
 * then ours, all four numbers. Whoever is not in there, such as a client of another network namespace, is nobody's.
 *
 * To read a table costs 3 ms on a usual machine, however few are in it, and 25 with 4000 connections, beside the program. Whoever asks during
 * a reading waits for the next one, and all who wait share it: a row that was read before the connection began says nothing of it.
 */
export async function linuxOwners(places: OwnerPlaces): Promise<OwnerCheck | undefined> {
  const { user } = places;
  if (user === undefined || user === (await overflowUser(places)) || !(await isReadable(places))) return undefined;
  const waiting: Question[] = [];
  let isReading = false;
  const readForAll = async (): Promise<void> => {
    isReading = true;
    while (waiting.length > 0) await answer(waiting.splice(0), user, places.readLines);
    isReading = false;
  };
  return (ends) =>
    new Promise((settle) => {
      const rows = rowsOf(ends, places.isLittleEndian);
      if (rows === undefined) return settle(false);
      waiting.push({ rows, settle });
      if (!isReading) void readForAll();
    });
}

async function overflowUser({ readLines }: OwnerPlaces): Promise<number> {
  let text = "";
  await readLines("/proc/sys/kernel/overflowuid", (lines) => ((text += lines), true)).catch(() => undefined);
  return /^\d+\s*$/.test(text) ? Number(text) : usualOverflow;
}

/** A table whose heading says what is looked for in its rows. */
async function isReadable({ readLines }: OwnerPlaces): Promise<boolean> {
  let heading = "";
  await readLines(tables.v4, (lines) => ((heading = lines), false)).catch(() => undefined);
  return /^ *sl +local_address +rem_address +st tx_queue rx_queue tr tm->when retrnsmt +uid +timeout inode/.test(
    heading,
  );
}

async function answer(
  questions: readonly Question[],
  user: number,
  readLines: OwnerPlaces["readLines"],
): Promise<void> {
  const open = new Set(questions);
  for (const table of ["v4", "v6"] as const) {
    const asked = byNearEnd(open, table);
    if (asked.size === 0) continue;
    const settle = (question: Question, owner: number): void => {
      open.delete(question);
      question.settle(owner === user);
    };
    await readLines(tables[table], (text) => {
      for (const [near, byFar] of asked) lookThrough(text, near, byFar, settle);
      return [...asked.values()].some((byFar) => byFar.size > 0);
    }).catch(() => undefined);
  }
  for (const { settle } of open) settle(false);
}

/** A gateway's clients have one near end in common, or two. */
function byNearEnd(questions: Iterable<Question>, table: keyof typeof tables): Map<string, Map<string, Question>> {
  const asked = new Map<string, Map<string, Question>>();
  for (const question of questions) {
    for (const { far, near } of question.rows[table]) {
      const byFar = asked.get(near) ?? new Map<string, Question>();
      asked.set(near, byFar.set(far, question));
    }
  }
  return asked;
}

/** `sl: local remote state tx:rx timer:when retransmits uid timeout inode …`; only rows with `near` as their remote end are looked at. */
function lookThrough(
  text: string,
  near: string,
  byFar: Map<string, Question>,
  settle: (question: Question, owner: number) => void,
): void {
  const mark = ` ${near} ${established} `;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    const far = text.slice(text.lastIndexOf(" ", at - 1) + 1, at);
    const question = byFar.get(far);
    if (question === undefined) continue;
    byFar.delete(far);
    const [, , , uid = "", , inode = "0"] = text
      .slice(at + mark.length, text.indexOf("\n", at))
      .trim()
      .split(/ +/);
    // Without an inode no process has it any more.
    settle(question, /^\d+$/.test(uid) && inode !== "0" ? Number(uid) : Number.NaN);
  }
}

function rowsOf({ near, far }: ConnectionEnds, isLittleEndian: boolean): Question["rows"] | undefined {
  const [ours, theirs] = [near, far].map(({ address }) => parseIp(address));
  if (ours === undefined || theirs === undefined || ours.family !== theirs.family) return undefined;
  const row = (table: keyof typeof tables): Row => ({
    near: kernelEndpoint(ours, near.port, { table, isLittleEndian }),
    far: kernelEndpoint(theirs, far.port, { table, isLittleEndian }),
  });
  if (ours.family === 6) return { v4: [], v6: [row("v6")] };
  return { v4: [row("v4")], v6: [row("v6")] };
}
