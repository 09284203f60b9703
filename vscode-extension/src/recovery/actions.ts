import * as vscode from "vscode";
import { Command } from "../common/commands";
import { differ } from "../common/lines";
import type { Crash } from "../common/protocol";
import { ask, pick, stackItem } from "../ui/ask";
import type { Notices } from "../ui/notices";
import type { Refusals } from "../ui/refusals";
import { show } from "../ui/reveal";
import { NotSaved, opened, saveEdited } from "./documents";
import { type Action, type Details, type Message, replace, replaceAndContinue, resolve } from "./requests";
import { text } from "./text";
import type { Target, Watch } from "./watch";

/** The commands at a stop: each finds its stop, asks what it must know, and says why it failed. */
export class Actions implements vscode.Disposable {
  private readonly registered: vscode.Disposable;
  private busy = false;

  constructor(
    private readonly watch: Watch,
    private readonly notices: Notices,
    private readonly refusals: Refusals,
    private readonly describe: (crash: Crash) => Thenable<unknown>,
  ) {
    const command = (
      name: Command,
      run: (target: Target, args: readonly unknown[]) => Promise<void>,
      crashed = true,
    ): vscode.Disposable =>
      vscode.commands.registerCommand(name, (...args: unknown[]) => this.run(run, args, crashed));
    const leave = (name: Command, action: Action): vscode.Disposable =>
      command(name, (target) => this.resolve(target, action));
    this.registered = vscode.Disposable.from(
      command(Command.ReplaceAndContinue, (target) => this.replace(target), false),
      leave(Command.Retry, "retry"),
      leave(Command.Skip, "skip"),
      leave(Command.Raise, "raise"),
      command(Command.Return, (target) => this.return(target)),
      command(Command.RestartFrame, (target, args) => this.restart(target, args)),
      command(Command.RunFromHere, (target, args) => this.runFromHere(target, args)),
      command(Command.Describe, async ({ stop }) => {
        await (stop.crash && this.describe(stop.crash));
      }),
      command(Command.GoToCrash, async ({ session, stop }) => {
        await (stop.crash && show(this.watch, session, stop.crash, false));
      }),
    );
  }

  /** Saves, applies the edit, and lets the program go on. */
  async replace(target: Target): Promise<void> {
    await saveEdited();
    await this.send(target, replaceAndContinue(target.stop, text(this.watch, target)));
  }

  /** Applies what was saved; a program at a crash goes on, one that is stopped elsewhere stays. */
  async saved(target: Target): Promise<void> {
    const message = target.stop.crash === undefined ? replace : replaceAndContinue;
    await this.guarded(target.session, async () => {
      await this.send(target, message(target.stop, text(this.watch, target)));
    });
  }

  private async run(
    run: (target: Target, args: readonly unknown[]) => Promise<void>,
    args: readonly unknown[],
    crashed: boolean,
  ): Promise<void> {
    const target = await pick(this.watch.candidates(crashed, stackItem(args)));
    if (target === "none") {
      const what = crashed ? "held at a crash" : "stopped";
      this.notices.fail("nothing held", `no program is ${what}.`, [
        this.notices.page("Troubleshooting", "docs/troubleshooting.md#the-program-stops-at-no-crash-it-just-dies"),
      ]);
    } else if (target !== undefined && !this.busy) {
      await this.guarded(target.session, () => run(target, args));
    }
  }

  /** One command at a time: a second press while the first is under way is none. */
  private async guarded(session: vscode.DebugSession, task: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await task();
    } catch (error) {
      const { message } = error as Error;
      const [code] = /^DFU\d+/.exec(message) ?? [];
      const offers = [
        { title: "Show the Session", run: () => show(this.watch, session, undefined, false) },
        this.notices.page("Troubleshooting", `docs/troubleshooting.md#${anchor(error)}`),
      ];
      this.notices.fail(code ?? message, message, offers, session.id);
    } finally {
      this.busy = false;
    }
  }

  /** Sends a request. A refusal is shown with its place; throws for any other failure. */
  private async send({ session }: Target, message: Message): Promise<boolean> {
    try {
      await session.customRequest(message.command, message.arguments);
      return true;
    } catch (error) {
      const reasons = this.watch.state(session).refusals(message.command);
      if (reasons.length === 0) {
        throw error;
      }
      this.refusals.show(session, reasons);
      return false;
    }
  }

  private async resolve(target: Target, action: Action, details: Details = {}): Promise<void> {
    await this.send(target, resolve(target.stop, action, details));
  }

  private async return(target: Target): Promise<void> {
    const name = target.stop.crash?.cell.function ?? "";
    const value = await ask(
      `Return from ${name === "" ? "the module" : name}`,
      "A Python expression, evaluated in the crashed frame; empty for None",
    );
    if (value !== undefined) {
      await this.resolve(target, "return", value.trim() === "" ? {} : { value });
    }
  }

  private async restart(target: Target, args: readonly unknown[]): Promise<void> {
    await saveEdited();
    const chosen = stackItem(args);
    const frameId = await this.frame(target, chosen?.frame);
    await this.resolve(target, "restartFrame", frameId === undefined ? {} : { frameId });
  }

  /** The frame that was clicked, else the one in view, else the crashed one. */
  private async frame({ session, stop }: Target, index?: number): Promise<number | undefined> {
    if (index !== undefined) {
      const answer = (await session.customRequest("stackTrace", { threadId: stop.threadId })) as {
        stackFrames?: { id: number }[];
      };
      return answer.stackFrames?.[index]?.id;
    }
    const item = vscode.debug.activeStackItem;
    const here = item instanceof vscode.DebugStackFrame && item.session.id === session.id;
    const known = stop.crash?.frames.some(
      ({ frameId, resumable }) => here && resumable && frameId === item.frameId,
    );
    return known === true ? (item as vscode.DebugStackFrame).frameId : undefined;
  }

  /** Goes on at the cell on a line of the editor, by the edited text if there is one. */
  private async runFromHere(target: Target, args: readonly unknown[]): Promise<void> {
    const { session, stop } = target;
    const [given] = args as [{ line?: unknown }?];
    const uri = this.watch.uri(session, stop.crash?.cell.path ?? "");
    const editor = vscode.window.activeTextEditor;
    const caret = editor?.document.uri.fsPath === uri.fsPath ? editor.selection.active.line + 1 : undefined;
    const line = typeof given?.line === "number" ? given.line : caret;
    if (line === undefined) {
      throw new Error("put the cursor on the line to go on at, in the file of the crash.");
    }
    await saveEdited();
    const document = opened(uri);
    const running = this.watch.running(session, uri);
    if (document !== undefined && running !== undefined && differ(document.getText(), running)) {
      if (!(await this.send(target, replace(stop, text(this.watch, target))))) {
        return;
      }
    }
    await this.resolve(target, "goto", { line });
  }

  dispose(): void {
    this.registered.dispose();
  }
}

/** The part of the page *Troubleshooting* that an error is in. */
function anchor(error: unknown): string {
  return error instanceof NotSaved
    ? "a-file-was-not-saved-so-nothing-was-replaced"
    : "an-edit-is-refused";
}
