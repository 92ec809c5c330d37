/** Why a part of a file is lost. `cause` is what is wrong at that line, ready to follow "line N: ". */
export interface PemProblem {
  readonly line: number;
  readonly kind: "fused" | "truncated" | "marker" | "content";
  readonly cause: string;
  readonly remedy: string;
}

/** Where a block begins, and what it says that it holds. */
interface Begin {
  readonly label: string;
  readonly line: number;
}

const copyAgain = "copy the file again from its source";

export function endMissing({ label, line }: Begin): PemProblem {
  return {
    line,
    kind: "truncated",
    cause: `the ${label} block has no END line`,
    remedy: `${copyAgain}: a part of it is missing`,
  };
}

export function otherEnd(begin: Begin, label: string, line: number): PemProblem {
  return {
    line,
    kind: "marker",
    cause: `END ${label} closes the BEGIN ${begin.label} of line ${begin.line}`,
    remedy: `${copyAgain}: lines are missing between two blocks`,
  };
}

export function emptyBlock({ label, line }: Begin): PemProblem {
  return { line, kind: "content", cause: `the ${label} block is empty`, remedy: copyAgain };
}

export function incompleteBlock({ label, line }: Begin): PemProblem {
  const cause = `the ${label} block is damaged: its base64 is incomplete`;
  return { line, kind: "content", cause, remedy: copyAgain };
}

export function notBase64(begin: Begin, line: number): PemProblem {
  return {
    line,
    kind: "content",
    cause: `the ${begin.label} block that begins on line ${begin.line} holds characters that are not base64`,
    remedy: `${copyAgain}: this line was changed`,
  };
}

/** What is wrong with a line that was meant as a marker. */
export function badMarker(text: string, line: number): PemProblem {
  if (text.includes("\\n")) {
    return {
      line,
      kind: "marker",
      cause: "the line breaks are written as \\n",
      remedy: "replace each \\n with a real line break",
    };
  }
  if (/^-----END .*BEGIN /.test(text)) {
    return {
      line,
      kind: "fused",
      cause: "an END and a BEGIN marker share one line",
      remedy: `put a line break between the END and the BEGIN marker on line ${line}`,
    };
  }
  if (/^-----BEGIN [^-]+-----.*[A-Za-z0-9+/]/.test(text)) {
    return {
      line,
      kind: "marker",
      cause: "a whole block stands on one line",
      remedy: "put the BEGIN marker, the base64 text and the END marker on lines of their own",
    };
  }
  return {
    line,
    kind: "marker",
    cause: "a BEGIN or END marker is malformed",
    remedy: `write the marker on line ${line} with five dashes on each side and nothing else on the line`,
  };
}
