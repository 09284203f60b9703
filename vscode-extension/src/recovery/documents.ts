import * as vscode from "vscode";
import { within } from "./saving";

/** Milliseconds that saving may take: formatters and other extensions have their say in it. */
export const SAVE_LIMIT = 10_000;

/** Whether a document is a Python file that somebody edited and did not save. */
function edited(document: vscode.TextDocument): boolean {
  return document.isDirty && !document.isUntitled && document.languageId === "python";
}

/** Files that are being saved by us, which is no save of the person's. */
const saving = new Set<string>();

/** Whether a save was begun by a command of ours. */
export function ownSave(document: vscode.TextDocument): boolean {
  return saving.has(document.uri.toString());
}

/** A document could not be saved; the message names it. */
export class NotSaved extends Error {}

/** Saves documents. Throws `NotSaved` for one that cannot be. */
export async function save(documents: readonly vscode.TextDocument[]): Promise<void> {
  for (const document of documents) {
    const name = vscode.workspace.asRelativePath(document.uri);
    const key = document.uri.toString();
    saving.add(key);
    try {
      const saved = await within(SAVE_LIMIT, document.save());
      if (saved === undefined) {
        throw new NotSaved(`${name} was not saved within ${SAVE_LIMIT / 1000} s, so nothing was replaced.`);
      }
      // Auto-save may have been there first, and then there was nothing left to save.
      if (!saved && document.isDirty && !(await within(SAVE_LIMIT, document.save()))) {
        throw new NotSaved(`${name} could not be saved, so nothing was replaced.`);
      }
    } finally {
      saving.delete(key);
    }
  }
}

/** What runs is what was saved, in every file of the program: all edited Python files are saved. */
export async function saveEdited(): Promise<void> {
  await save(vscode.workspace.textDocuments.filter(edited));
}

/** Finds the document of a file, if it is open. */
export function opened(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((each) => each.uri.fsPath === uri.fsPath);
}
