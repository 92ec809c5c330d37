import { expect } from "vitest";

/** The body of a table of two columns: what `make` makes of the first has to be the second. */
export const expectMade =
  <From, To>(make: (from: From) => To) =>
  (from: From, to: To): void => {
    expect(make(from)).toStrictEqual(to);
  };
