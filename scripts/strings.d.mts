export interface FileStrings {
  readonly room: string;
  /** Below src/. */
  readonly file: string;
  readonly strings: readonly { readonly role: string | undefined; readonly text: string }[];
}

export function collectStrings(): Promise<FileStrings[]>;
export function renderPage(found: readonly FileStrings[]): string;
