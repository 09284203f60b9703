import * as vscode from "vscode";
import { opened } from "./documents";
import type { Text } from "./requests";
import type { Target, Watch } from "./watch";

/**
 * The text that a replacement names: the file of the crash. Its text goes along where the adapter
 * has no such file; elsewhere it reads what was saved.
 */
export function text(watch: Watch, { session, stop }: Target): Text | undefined {
  const editor = vscode.window.activeTextEditor?.document;
  const uri = stop.crash === undefined ? editor?.uri : watch.uri(session, stop.crash.cell.path);
  if (uri === undefined || watch.running(session, uri) === undefined) {
    return stop.crash === undefined ? undefined : { path: stop.crash.cell.path };
  }
  const { path, away } = watch.path(session, uri);
  const document = opened(uri);
  return away && document !== undefined ? { path, text: document.getText() } : { path };
}
