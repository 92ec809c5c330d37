/** One time series of Prometheus' text format, and the family that it belongs to. */
export interface Series {
  readonly name: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads Prometheus' text format 0.0.4, and throws at whatever a strict reader would not take: a series without HELP and TYPE
 * before it, a family in two places, a series twice, a counter whose name does not end in _total, a missing last line feed.
 */
export function parseExposition(text: string): readonly Series[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no line feed");
  const series: Series[] = [];
  const seen = new Set<string>();
  const families = new Set<string>();
  let family: { name: string; help: boolean; type: string | undefined } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment !== null) {
      const [, kind = "", name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (families.has(name)) throw new Error(`${name} has HELP twice`);
        families.add(name);
        family = { name, help: true, type: undefined };
      } else {
        if (family?.name !== name || family.type !== undefined)
          throw new Error(`TYPE of ${name} does not follow its HELP`);
        if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`${rest} is no type`);
        if ((rest === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${rest}`);
        family.type = rest;
      }
      continue;
    }
    const one = parseSample(line);
    if (family?.type === undefined || family.name !== one.name) throw new Error(`${line}: not below its own TYPE`);
    const id = JSON.stringify([one.name, Object.entries(one.labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
    if (seen.has(id)) throw new Error(`${line}: a second time`);
    seen.add(id);
    series.push({ ...one, type: family.type });
  }
  return series;
}

function parseSample(line: string): Omit<Series, "type"> {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line);
  if (match === null) throw new Error(`${line}: no sample`);
  const [, name = "", inner = "", value] = match;
  const labels: Record<string, string> = {};
  let rest = inner;
  while (rest !== "") {
    const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (label === null) throw new Error(`${line}: no label at ${rest}`);
    const [whole, key = "", text = ""] = label;
    if (key in labels) throw new Error(`${line}: label ${key} twice`);
    labels[key] = text.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(value) };
}
