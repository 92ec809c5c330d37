/** The colours of the pages that a browser shows: what stands in `:root` of each style sheet, by day and by night. */
export const palette = {
  light: `--paper: #f5f4f0; --card: #fffffe; --ink: #1c1e20; --soft: #5b5f63; --line: #e3e0d8; --well: #f0eee8;
  --accent: #0b6b62; --good: #17693a; --good-well: #e1f3e6; --warn: #7d4b00; --warn-well: #fbeecf; --bad: #a11f1a; --bad-well: #fbe4e1;`,
  dark: `--paper: #131516; --card: #1b1e20; --ink: #e9e7e2; --soft: #a1a6ab; --line: #2d3134; --well: #24282a;
    --accent: #63cbbe; --good: #83d39f; --good-well: #17301f; --warn: #f1bd63; --warn-well: #38290e; --bad: #ff958c; --bad-well: #401d1a;`,
};
