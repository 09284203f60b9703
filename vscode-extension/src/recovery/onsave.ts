import * as vscode from "vscode";
import { ownSave } from "./documents";
import { applies, type Mode, type OnSave, type Save } from "./saving";
import type { Target, Watch } from "./watch";

/** In the mode `onSave`, applies what the person saves while the program is stopped. */
export function applyOnSave(
  watch: Watch,
  apply: (target: Target) => Promise<void>,
): vscode.Disposable {
  const saves = new Map<string, Save>();
  return vscode.Disposable.from(
    vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
      const manual = reason === vscode.TextDocumentSaveReason.Manual;
      if (!ownSave(document)) {
        saves.set(document.uri.toString(), { manual, dirty: document.isDirty });
      }
    }),
    vscode.workspace.onDidSaveTextDocument((document) => {
      const key = document.uri.toString();
      const save = saves.get(key);
      saves.delete(key);
      const target = watch.stop;
      if (save === undefined || target === undefined || mode(document.uri) !== "onSave") {
        return;
      }
      const wanted = vscode.workspace.getConfiguration("daifu", document.uri);
      const loaded = watch.running(target.session, document.uri) !== undefined;
      if (loaded && applies(wanted.get<OnSave>("onSave", "manualIfDirty"), save)) {
        void apply(target);
      }
    }),
  );
}

/** The setting `daifu.mode`. */
export function mode(scope?: vscode.ConfigurationScope): Mode {
  return vscode.workspace.getConfiguration("daifu", scope).get<Mode>("mode", "manual");
}
