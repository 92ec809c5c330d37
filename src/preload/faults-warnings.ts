// Without imports: the preload loads this at every start.

export const verifiedAnyway =
  "this program turns the verification of a TLS certificate off (rejectUnauthorized: false); sallyport still verifies it. " +
  "If that fails, name the server's authority in NODE_EXTRA_CA_CERTS";

/** The built-in clients of a Node that nobody has tried this with. */
export function unknownFetch(version: string): string {
  return `the fetch of Node ${version} is not known to sallyport/register, and so is refused: update sallyport`;
}

/** `--permission` without the rights that `run` adds where it starts the program. */
export const withoutRights =
  "sallyport/register may not read its own files, since this program runs under --permission, and so no request of it may leave: " +
  'start it with "sallyport run -- node --permission …", which adds that right, or add --allow-fs-read for the folders of sallyport and undici';
