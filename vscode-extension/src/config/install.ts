import * as vscode from "vscode";
import { setting } from "../common/configuration";
import { log } from "../common/log";
import { Setting } from "../common/settings";
import { asCommand } from "./defaults";
import { chooseInterpreter } from "./interpreter";
import { type Finding, OLDEST, OLDEST_PYTHON, probe } from "./probe";
import { findUv, installation, type Tools } from "./tools";

const DISMISSED = "installation.dismissed";

type Lacking = Exclude<Finding, { kind: "ready" }>;

const CHOOSE = "Choose interpreter";

/** Sees to it that an interpreter has what a session needs, and offers to install it. */
export class Installer {
  constructor(private readonly memory: vscode.Memento) {}

  /**
   * Tells whether an interpreter is ready for a session. If it is not, says why, offers what helps,
   * and tells whether it is ready after that.
   */
  async ready(
    python: readonly string[],
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<boolean> {
    const cwd = folder?.uri.fsPath;
    let finding = await probe(python, cwd);
    if (finding.kind !== "ready" && (await this.offer(python, finding, folder))) {
      finding = await probe(python, cwd);
      if (finding.kind !== "ready") {
        void vscode.window.showErrorMessage(`DaiFu: ${complaint(python, finding)}`);
      }
    }
    return finding.kind === "ready";
  }

  /** Offers to install what the language server needs. Tells whether it is there now. */
  async readyForLanguage(
    python: readonly string[],
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<boolean> {
    const finding = await probe(python, folder?.uri.fsPath);
    if (finding.kind !== "ready") {
      log.info(`No language server: ${complaint(python, finding)}`);
      return false;
    }
    if (finding.lsp) {
      return true;
    }
    const lacks = `the language server's packages are missing in ${python.join(" ")}`;
    log.warn(`No language server: ${lacks}.`);
    const wanted = await this.ask(
      python,
      "lsp",
      `DaiFu: ${lacks}; edits are not judged while they are typed.`,
    );
    return wanted === "install" && (await this.install(python, finding.tools, folder));
  }

  /** Installs, whatever there is already, and tells how it went: the command. */
  async now(python: readonly string[], folder: vscode.WorkspaceFolder | undefined): Promise<void> {
    const finding = await probe(python, folder?.uri.fsPath);
    if (finding.kind === "broken" || finding.kind === "oldPython") {
      await orAnother(complaint(python, finding));
    } else if (await this.install(python, finding.tools, folder)) {
      void vscode.window.showInformationMessage(`DaiFu: daifu-dap is in ${python.join(" ")} now.`);
    }
  }

  /** Installs what the setting `daifu.package` names, in view. Says why if it does not go well. */
  private async install(
    python: readonly string[],
    tools: Tools,
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<boolean> {
    const requirement = asCommand(setting(Setting.Package, folder)) ?? ["daifu-dap[lsp]"];
    const commands = installation(python, requirement, tools, findUv());
    if (commands.length === 0) {
      const lacks = `${python.join(" ")} has no pip, and no way to get one`;
      void orAnother(`${lacks}: install uv, or the package of your system for venv and pip.`);
      return false;
    }
    for (const command of commands) {
      log.info(`Installing: ${command.join(" ")}`);
      const status = await run(task(command, folder, command === commands[0]));
      log.info(`The installation ended with status ${String(status)}.`);
      if (status !== 0) {
        void orAnother("daifu-dap could not be installed; the terminal says why.");
        return false;
      }
    }
    return true;
  }

  private async offer(
    python: readonly string[],
    finding: Lacking,
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<boolean> {
    const said = complaint(python, finding);
    log.warn(said);
    if (finding.kind === "broken" || finding.kind === "oldPython") {
      await orAnother(said);
      return false;
    }
    const wanted = await this.ask(python, finding.kind, `DaiFu: ${said}`);
    return wanted === "install" && (await this.install(python, finding.tools, folder));
  }

  private async ask(
    python: readonly string[],
    what: "missing" | "old" | "lsp",
    question: string,
  ): Promise<"install" | undefined> {
    const key = `${what}:${python.join(" ")}`;
    const dismissed = this.memory.get<readonly string[]>(DISMISSED, []);
    if (setting(Setting.OfferInstallation) === false || dismissed.includes(key)) {
      if (what !== "lsp") {
        void vscode.window.showErrorMessage(question);
      }
      return undefined;
    }
    const [install, never] = ["Install", "Don't ask again"];
    const answer = await vscode.window.showWarningMessage(question, install, CHOOSE, never);
    if (answer === CHOOSE) {
      await chooseInterpreter();
    } else if (answer === never) {
      await this.memory.update(DISMISSED, [...dismissed, key]);
    }
    return answer === install ? "install" : undefined;
  }
}

function complaint(python: readonly string[], finding: Lacking): string {
  const where = python.join(" ");
  switch (finding.kind) {
    case "missing":
      return `daifu-dap is not installed in ${where}.`;
    case "old":
      return `daifu-dap ${finding.version} in ${where} is too old: ${OLDEST} or newer is needed.`;
    case "oldPython":
      return `${where} is Python ${finding.version}; daifu-dap needs ${OLDEST_PYTHON} or newer.`;
    case "broken":
      return `no Python answers as ${where}: ${finding.reason}.`;
  }
}

/** Says what is wrong with an interpreter, and offers to choose another. */
async function orAnother(complaint: string): Promise<void> {
  if ((await vscode.window.showErrorMessage(`DaiFu: ${complaint}`, CHOOSE)) === CHOOSE) {
    await chooseInterpreter();
  }
}

function task(
  [program = "", ...args]: readonly string[],
  folder: vscode.WorkspaceFolder | undefined,
  clear: boolean,
): vscode.Task {
  const made = new vscode.Task(
    { type: "daifu" },
    folder ?? vscode.TaskScope.Global,
    "Install daifu-dap",
    "DaiFu",
    new vscode.ProcessExecution(program, args, folder ? { cwd: folder.uri.fsPath } : {}),
  );
  made.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear };
  return made;
}

/** Runs a task to its end and gives its exit status; undefined when it could not be started. */
async function run(task: vscode.Task): Promise<number | undefined> {
  const ends: vscode.Disposable[] = [];
  try {
    return await new Promise<number | undefined>((resolve, reject) => {
      const early = new Map<vscode.TaskExecution, number | undefined>();
      let ours: vscode.TaskExecution | undefined;
      ends.push(
        vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
          early.set(execution, exitCode);
          if (execution === ours) {
            resolve(exitCode);
          }
        }),
        vscode.tasks.onDidEndTask(({ execution }) => {
          if (execution === ours) {
            resolve(early.get(execution));
          }
        }),
      );
      vscode.tasks.executeTask(task).then((execution) => {
        ours = execution;
        if (early.has(execution)) {
          resolve(early.get(execution));
        }
      }, reject);
    });
  } finally {
    vscode.Disposable.from(...ends).dispose();
  }
}
