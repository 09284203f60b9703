import * as path from "node:path";
import * as vscode from "vscode";
import { Command } from "../common/commands";
import { said } from "../common/log";
import { type Crash, Request } from "../common/protocol";
import { changedPaths, changesOf, exported, undone } from "../recovery/changes";
import { save } from "../recovery/documents";
import type { History, Recovery } from "../recovery/history";
import type { Watch } from "../recovery/watch";
import type { Notices } from "./notices";
import type { Refusals } from "./refusals";
import { report } from "./report";

const SCHEME = "daifu";

/** What can be done with a recovery that is over: look at its change, undo it, keep it as a patch. */
export class Changes implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registered: vscode.Disposable;

  constructor(
    private readonly watch: Watch,
    private readonly history: History,
    private readonly notices: Notices,
    private readonly refusals: Refusals,
  ) {
    const command = (name: Command, run: (recovery: Recovery) => Promise<void>): vscode.Disposable =>
      vscode.commands.registerCommand(name, async (given?: Recovery) => {
        const recovery = given ?? this.history.all().findLast((each) => this.history.stands(each));
        if (recovery === undefined) {
          this.notices.fail("no change", "there is no recovery whose change stands.");
          return;
        }
        await this.guarded(() => run(recovery));
      });
    this.registered = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      command(Command.ShowChange, (recovery) => this.show(recovery)),
      command(Command.Undo, (recovery) => this.undo(recovery)),
      vscode.commands.registerCommand(Command.ExportPatch, (given?: Recovery) => this.guarded(() => this.export(given))),
    );
  }

  /** Says why something could not be done. */
  private async guarded(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.notices.fail("change", said(error));
    }
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  private document(name: string, query: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: name, query });
    this.texts.set(uri.toString(), text);
    return uri;
  }

  /** Shows a crash in full. */
  describe(crash: Crash): Thenable<unknown> {
    const uri = this.document(`/Crash ${crash.stopId}.md`, `${Date.now()}`, report(crash));
    return vscode.commands.executeCommand("markdown.showPreview", uri);
  }

  private async show({ session, entry, pairs }: Recovery): Promise<void> {
    if (pairs.length === 0) {
      const document = await vscode.workspace.openTextDocument(this.watch.uri(session, entry.path));
      const line = Math.min(entry.line, document.lineCount) - 1;
      await vscode.window.showTextDocument(document, { selection: document.lineAt(line).range });
      return;
    }
    for (const { path: file, before, after } of pairs) {
      const name = path.posix.basename(file);
      const side = (which: string, text: string): vscode.Uri =>
        this.document(`/${name}`, `${session.id}/${entry.journalId}/${file}/${which}`, text);
      await vscode.commands.executeCommand(
        "vscode.diff",
        side("before", before),
        side("after", after),
        `${name}: recovery ${entry.journalId}`,
      );
    }
  }

  /** Takes a recovery's edits out of the editor's text, saves, and replaces the running text by it. */
  private async undo(recovery: Recovery): Promise<void> {
    const { session, entry } = recovery;
    if (!this.history.stands(recovery)) {
      throw new Error("this recovery has no change to take back.");
    }
    const documents: vscode.TextDocument[] = [];
    const edit = new vscode.WorkspaceEdit();
    const back = new vscode.WorkspaceEdit();
    for (const file of changedPaths(entry)) {
      const document = await vscode.workspace.openTextDocument(this.watch.uri(session, file));
      const present = document.getText();
      const text = undone(present, changesOf(entry, file));
      if (text === undefined) {
        const offer = { title: "Show the Change", run: () => this.show(recovery) };
        const name = path.posix.basename(file);
        const said = `${name} has been edited where this recovery changed it; undo that by hand.`;
        this.notices.fail("undo", said, [offer]);
        return;
      }
      replaceWhole(edit, document, text);
      const whole = new vscode.Range(0, 0, text.split("\n").length, 0);
      back.replace(document.uri, whole, present);
      documents.push(document);
    }
    await vscode.workspace.applyEdit(edit);
    await save(documents);
    if (this.history.isOver(recovery)) {
      this.history.takeBack(recovery);
      this.notices.tell("undone", "the change is undone in the file; its session is over.");
      return;
    }
    const stop = this.watch.state(session).stopped.at(-1);
    if (stop === undefined) {
      this.history.takeBack(recovery);
      const said = "the change is undone in the file. The program runs by it until it stops and goes on.";
      this.notices.tell("undone", said, [
        { title: "Pause", run: () => vscode.commands.executeCommand("workbench.action.debug.pause") },
      ]);
      return;
    }
    const [document] = documents;
    const named =
      document === undefined
        ? {}
        : { source: { path: this.watch.path(session, document.uri).path }, text: document.getText() };
    try {
      const stopId = stop.crash === undefined ? {} : { stopId: stop.crash.stopId };
      await session.customRequest(Request.ReplaceCell, { threadId: stop.threadId, ...stopId, ...named });
    } catch (error) {
      await vscode.workspace.applyEdit(back);
      await save(documents);
      const reasons = this.watch.state(session).refusals(Request.ReplaceCell);
      if (reasons.length === 0) {
        throw error;
      }
      this.refusals.show(session, reasons);
      return;
    }
    this.history.takeBack(recovery);
    this.notices.tell("undone", "the change is undone, in the file and in the program.");
  }

  private async export(given?: Recovery): Promise<void> {
    const chosen = (given === undefined ? this.history.all() : [given]).filter(
      (each) => this.history.stands(each),
    );
    const [first] = chosen;
    if (first === undefined) {
      this.notices.fail("no change", "there is no recovery whose change stands.");
      return;
    }
    const folder =
      this.watch.folder(first.session)?.uri ?? vscode.workspace.workspaceFolders?.[0]?.uri;
    const root = folder === undefined ? "/" : this.watch.path(first.session, folder).path;
    const patch = exported(chosen.map(({ entry }) => entry), root);
    const name = `recovery-${chosen.map(({ entry }) => entry.journalId).join("-")}.patch`;
    const target = await vscode.window.showSaveDialog({
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
      filters: { Patch: ["patch", "diff"] },
    });
    if (target !== undefined) {
      await vscode.workspace.fs.writeFile(target, Buffer.from(patch));
      await vscode.window.showTextDocument(target);
    }
  }

  dispose(): void {
    this.registered.dispose();
  }
}

/** Adds to an edit that a document's text becomes another, by its differing lines only. */
function replaceWhole(edit: vscode.WorkspaceEdit, document: vscode.TextDocument, text: string): void {
  const old = document.getText();
  let first = 0;
  while (first < old.length && first < text.length && old[first] === text[first]) {
    first += 1;
  }
  let last = 0;
  const most = Math.min(old.length, text.length) - first;
  while (last < most && old[old.length - 1 - last] === text[text.length - 1 - last]) {
    last += 1;
  }
  const range = new vscode.Range(document.positionAt(first), document.positionAt(old.length - last));
  edit.replace(document.uri, range, text.slice(first, text.length - last));
}
