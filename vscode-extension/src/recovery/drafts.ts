import * as vscode from "vscode";
import { differ } from "../common/lines";
import { asVerdict } from "../common/protocol";
import { validate } from "./requests";
import type { Draft } from "./sessions";
import type { Target, Watch } from "./watch";

/** Milliseconds without a key after which an edit is judged. */
const PAUSE = 300;

/**
 * Judges what is in the editor, and what was saved and not applied, while something is stopped: a dry
 * run by the adapter, for the status bar.
 */
export class Drafts implements vscode.Disposable {
  private readonly registered: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  private round = 0;

  constructor(private readonly watch: Watch) {
    const edited = ({ languageId }: vscode.TextDocument): void => {
      if (languageId === "python") {
        this.soon();
      }
    };
    this.registered = vscode.Disposable.from(
      watch.onNews(({ news }) => {
        if (["crashed", "stopped", "replaced"].includes(news.kind)) {
          this.soon();
        }
      }),
      vscode.debug.onDidChangeActiveStackItem(() => {
        this.soon();
      }),
      vscode.workspace.onDidSaveTextDocument(edited),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        edited(document);
      }),
    );
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.round += 1;
    if (this.watch.stop !== undefined) {
      this.timer = setTimeout(() => void this.judge(this.round), PAUSE);
    }
  }

  private async judge(round: number): Promise<void> {
    const target = this.watch.stop;
    if (target === undefined) {
      return;
    }
    const draft = await this.draft(target);
    const { session, stop } = target;
    const state = this.watch.state(session);
    if (round === this.round && state.stop(stop.threadId) === stop) {
      state.draft = draft;
      this.watch.change();
    }
  }

  /** What each edited file would do on its own; without any, what was saved. */
  private async draft(target: Target): Promise<Draft> {
    const { session } = target;
    const dirty = vscode.workspace.textDocuments.filter((document) => {
      const running = this.watch.running(session, document.uri);
      return document.isDirty && running !== undefined && differ(document.getText(), running);
    });
    let found: Draft = { kind: "none" };
    for (const document of dirty.length === 0 ? [undefined] : dirty) {
      const verdict = await this.ask(target, document);
      const [reason] = verdict?.refusals ?? [];
      if (verdict?.status === "refused" && reason !== undefined) {
        return { kind: "refused", reason };
      }
      if (verdict?.status === "ok") {
        found = { kind: "ready" };
      }
    }
    return found;
  }

  private async ask({ session, stop }: Target, document: vscode.TextDocument | undefined) {
    const text =
      document === undefined
        ? undefined
        : { path: this.watch.path(session, document.uri).path, text: document.getText() };
    const { command, arguments: body } = validate(stop, text);
    try {
      return asVerdict(await session.customRequest(command, body));
    } catch {
      // It runs on, or another text runs by now; the next stop or edit is judged anew.
      return undefined;
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.registered.dispose();
  }
}
