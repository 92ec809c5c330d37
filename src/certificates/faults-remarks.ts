// What a person should know of a certificate before relying on it.

const day = (date: Date): string => date.toISOString().slice(0, 10);

export const expiredSince = (end: Date): string => `expired on ${day(end)}`;

export const notYetValid = (begin: Date): string => `not valid before ${day(begin)}`;

export const weakSignature = (signature: string): string =>
  `signed with ${signature.replace("RSA with ", "").replace("ECDSA with ", "")}, which TLS libraries refuse`;

export const shortKey = (key: string): string => `its key (${key}) is too short for TLS libraries`;

export const mixedScripts = (): string =>
  "its name mixes letters of several scripts that look alike: it may imitate another one";
