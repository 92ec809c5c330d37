/** The project's page, put in by the build and by the tests' configuration from package.json. */
declare const SALLYPORT_REPOSITORY: string;

/** Where a code is explained. */
export function docsOf(code: string): string {
  return `${SALLYPORT_REPOSITORY}/blob/main/docs/faults.md#${code.toLowerCase()}`;
}
