import * as vscode from "vscode";
import { Command } from "../common/commands";
import { asVerdict, type Reason } from "../common/protocol";
import { type Held, stillHeld } from "../ui/held";
import type { Notices, Offer } from "../ui/notices";
import type { Refusals } from "../ui/refusals";
import { show } from "../ui/reveal";
import { saveEdited } from "./documents";
import { mode } from "./onsave";
import { type Message, replaceAndContinue, validate } from "./requests";
import { text } from "./text";
import type { Target, Watch } from "./watch";

/** A stop that did not go on, and why. */
interface Stays {
  readonly target: Target;
  readonly reasons: readonly Reason[];
  readonly message: string;
}

/**
 * The command *Continue All*: every stop of every session goes on as by Continue at it, and one
 * notice says which stay, and why.
 *
 * Continue itself is not sent where it could be refused, as the editor then shows a notice of its
 * own for each.
 */
export class All implements vscode.Disposable {
  private readonly registered: vscode.Disposable;
  private busy = false;

  constructor(
    private readonly watch: Watch,
    private readonly notices: Notices,
    private readonly refusals: Refusals,
  ) {
    this.registered = vscode.commands.registerCommand(Command.ContinueAll, () => this.run());
  }

  private async run(): Promise<void> {
    const targets = this.watch.targets();
    if (targets.length === 0) {
      this.notices.fail("nothing held", "no program is stopped.");
    }
    if (this.busy || targets.length === 0) {
      return;
    }
    this.busy = true;
    try {
      if (targets.some(({ session }) => this.saves(session))) {
        await saveEdited();
      }
      const sessions = [...new Set(targets.map(({ session }) => session))];
      const stays = await Promise.all(
        sessions.map((session) => this.session(targets.filter((each) => each.session === session))),
      );
      this.tell(targets, stays.flat());
    } catch (error) {
      const page = this.notices.page("Troubleshooting", "docs/troubleshooting.md#a-file-was-not-saved-so-nothing-was-replaced");
      this.notices.fail("continue all", (error as Error).message, [page]);
    } finally {
      this.busy = false;
    }
  }

  /** Whether F5 would save, and replace, too. */
  private saves(session: vscode.DebugSession): boolean {
    return mode(this.watch.folder(session)) === "onContinue";
  }

  /** Lets the stops of one session go on, and gives those that stay. */
  private async session(targets: readonly Target[]): Promise<Stays[]> {
    // What is stopped elsewhere than at a crash goes on together; each crash by itself.
    const plain = targets.filter(({ stop }) => stop.crash === undefined).slice(0, 1);
    const stays: Stays[] = [];
    for (const target of [...plain, ...targets.filter(({ stop }) => stop.crash !== undefined)]) {
      const left = await this.goOn(target);
      if (left !== undefined) {
        stays.push(left);
      }
    }
    return stays;
  }

  private async goOn(target: Target): Promise<Stays | undefined> {
    const { session } = target;
    let message: Message | undefined;
    try {
      message = await this.message(target);
      if (message === undefined) {
        await session.customRequest("continue", { threadId: target.stop.threadId });
      } else {
        await session.customRequest(message.command, message.arguments);
      }
      return undefined;
    } catch (error) {
      const reasons =
        error instanceof Refused
          ? error.reasons
          : this.watch.state(session).refusals(message?.command ?? "continue");
      // One that ended, or went on by itself meanwhile, is not held.
      return this.watch.stands(target)
        ? { target, reasons, message: (error as Error).message }
        : undefined;
    }
  }

  /** What is sent in the place of `continue`, if anything is. Throws `Refused`. */
  private async message({ session, stop }: Target): Promise<Message | undefined> {
    const saves = this.saves(session);
    if (session.configuration["onContinue"] === "raise" && !saves) {
      return undefined;
    }
    const edit = saves ? text(this.watch, { session, stop }) : undefined;
    if (stop.crash !== undefined) {
      return replaceAndContinue(stop, edit);
    }
    const { command, arguments: asked } = validate(stop, edit);
    let said: unknown;
    try {
      said = await session.customRequest(command, asked);
    } catch {
      // A program without our runtime has nothing to apply.
      return undefined;
    }
    const verdict = asVerdict(said);
    if (verdict?.status === "refused") {
      throw new Refused(verdict.refusals);
    }
    return verdict?.status === "ok" ? replaceAndContinue(stop, edit) : undefined;
  }

  private tell(targets: readonly Target[], stays: readonly Stays[]): void {
    const [first] = stays;
    if (first === undefined) {
      return;
    }
    const held = stays.map(({ target, reasons, message }): Held => {
      const [reason] = reasons;
      const { crash } = target.stop;
      const where = crash === undefined ? "" : crash.cell.function || "the module";
      return {
        session: target.session.name,
        where: crash === undefined ? "" : `${where}, line ${crash.cell.line}`,
        why: reason === undefined ? message : `${reason.code}: ${reason.message}`,
      };
    });
    const page = first.reasons[0]?.code;
    const offers: Offer[] = [
      { title: "Show the Session", run: () => show(this.watch, first.target.session, first.target.stop.crash, false) },
      page === undefined
        ? this.notices.page("Troubleshooting", "docs/troubleshooting.md#an-edit-is-refused")
        : this.notices.page(`About ${page}`, `docs/refusals.md#${page.toLowerCase()}`),
    ];
    for (const { target, reasons } of stays) {
      this.refusals.mark(target.session, reasons);
    }
    const stands = (): boolean => stays.some(({ target }) => this.watch.stands(target));
    this.notices.fail("continue all", stillHeld(targets.length, held), offers, stands);
  }

  dispose(): void {
    this.registered.dispose();
  }
}

/** An edit was refused when it was tried out. */
class Refused extends Error {
  constructor(readonly reasons: readonly Reason[]) {
    super(reasons[0]?.message ?? "the edit is refused.");
  }
}
