const given = new Set<string>();

/** Tells the user of a program, on stderr and once, what is done in another way than the program asked for. */
export function warnOnce(message: string): void {
  if (given.has(message)) return;
  given.add(message);
  process.emitWarning(message, "SallyportWarning");
}

export const verifiedAnyway =
  "this program turns the verification of a TLS certificate off (rejectUnauthorized: false); sallyport still verifies it. " +
  "If that fails, name the server's authority in NODE_EXTRA_CA_CERTS";
