import * as vscode from "vscode";
import { Start } from "../common/start";
import { onSetting, setting } from "../common/configuration";
import { log } from "../common/log";
import { Setting } from "../common/settings";
import { convert, type Foreign, foreign } from "./convert";

const FILES = ["**/.vscode/launch.json", "**/*.code-workspace"];

interface Place {
  readonly document: vscode.TextDocument;
  readonly found: Foreign;
}

/** Registers the command that turns Python configurations into DaiFu's, and the lens offering it. */
export function registerConverting(): vscode.Disposable {
  const lenses = new Lenses();
  return vscode.Disposable.from(
    lenses,
    vscode.commands.registerCommand(Start.Convert, (uri?: vscode.Uri, offset?: number) =>
      converted(uri, offset),
    ),
    vscode.languages.registerCodeLensProvider(
      FILES.map((pattern) => ({ scheme: "file", pattern })),
      lenses,
    ),
  );
}

class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly listening = onSetting([Setting.LaunchLenses], () => {
    this.changed.fire();
  });

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (setting(Setting.LaunchLenses, document.uri) === false) {
      return [];
    }
    return foreign(document.getText()).map(({ offset }) => {
      const start = document.positionAt(offset);
      return new vscode.CodeLens(new vscode.Range(start, start), {
        title: "Turn into a DaiFu configuration",
        command: Start.Convert,
        arguments: [document.uri, offset],
      });
    });
  }

  dispose(): void {
    vscode.Disposable.from(this.changed, this.listening).dispose();
  }
}

async function converted(uri: vscode.Uri | undefined, offset: number | undefined): Promise<void> {
  const documents = uri === undefined ? await launchFiles() : [await open(uri)];
  const places = documents.flatMap((document) =>
    foreign(document.getText()).map((found) => ({ document, found })),
  );
  const chosen =
    offset === undefined
      ? await choose(places)
      : places.filter(({ found }) => found.offset === offset);
  if (chosen === undefined) {
    return;
  }
  if (chosen.length === 0) {
    void vscode.window.showInformationMessage(
      "DaiFu: there is no configuration of type debugpy or python here.",
    );
    return;
  }
  for (const document of new Set(chosen.map((place) => place.document))) {
    await rewrite(
      document,
      chosen.filter((place) => place.document === document).map(({ found }) => found),
    );
  }
}

/** Where configurations may be: the editor's file first, then those of the workspace. */
async function launchFiles(): Promise<vscode.TextDocument[]> {
  const shown = vscode.window.activeTextEditor?.document;
  if (shown !== undefined && foreign(shown.getText()).length > 0 && isLaunchFile(shown)) {
    return [shown];
  }
  const uris = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) =>
    vscode.Uri.joinPath(uri, ".vscode", "launch.json"),
  );
  const { workspaceFile } = vscode.workspace;
  if (workspaceFile !== undefined && workspaceFile.scheme !== "untitled") {
    uris.push(workspaceFile);
  }
  const found = await Promise.all(uris.map((uri) => open(uri).then((it) => it, () => undefined)));
  return found.filter((document) => document !== undefined);
}

function isLaunchFile(document: vscode.TextDocument): boolean {
  return vscode.languages.match(FILES.map((pattern) => ({ pattern })), document) > 0;
}

function open(uri: vscode.Uri): Thenable<vscode.TextDocument> {
  return vscode.workspace.openTextDocument(uri);
}

async function choose(places: readonly Place[]): Promise<readonly Place[] | undefined> {
  if (places.length < 2) {
    return places;
  }
  const items = places.map((place) => ({
    label: place.found.name,
    description: vscode.workspace.asRelativePath(place.document.uri),
    picked: true,
    place,
  }));
  const title = "Configurations to turn into DaiFu's";
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title });
  return chosen?.map(({ place }) => place);
}

async function rewrite(document: vscode.TextDocument, which: readonly Foreign[]): Promise<void> {
  await vscode.window.showTextDocument(document);
  const text = document.getText();
  const now = convert(
    text,
    which.map(({ path }) => path),
  );
  const whole = new vscode.Range(new vscode.Position(0, 0), document.positionAt(text.length));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, whole, now);
  if ((await vscode.workspace.applyEdit(edit)) && (await document.save())) {
    log.info(`Turned ${which.length} configurations of ${document.uri.fsPath} into DaiFu's.`);
    const names = which.map(({ name }) => `"${name}"`).join(", ");
    void vscode.window.showInformationMessage(`DaiFu debugs ${names} from now on.`);
  } else {
    const file = vscode.workspace.asRelativePath(document.uri);
    void vscode.window.showErrorMessage(`DaiFu: ${file} could not be changed or saved.`);
  }
}
