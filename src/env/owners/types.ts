/** What a platform may ask of the machine to tell whose a connection is. */
export interface OwnerPlaces {
  /** The user that this process acts as, where it is the one that started it; undefined for a program that has another's rights (setuid). */
  readonly user: number | undefined;
  readonly isLittleEndian: boolean;
  /** A file of the kernel's, piece by piece, each of whole lines as long as `onLines` gives true. Rejects where it cannot be read. */
  readonly readLines: (path: string, onLines: (text: string) => boolean) => Promise<void>;
}
