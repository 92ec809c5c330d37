/** What a program may look at in an error. The words of one that came from the network may tell more, and are left out. */
export function describeError(error) {
  const { name, code, cause } = error;
  return { name, code, cause: cause && { name: cause.name, code: cause.code }, kind: error.constructor.name };
}
