/**
 * The Python extension's API, as far as anybody asks for an interpreter by it, under its own name.
 *
 * The real one cannot be had where these tests run; what is used of it here is what it documents.
 */

import * as vscode from "vscode";

export interface Stand {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { id: string; path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri: vscode.Uri } }>;
    updateActiveEnvironmentPath(path: string): Promise<void>;
    onDidChangeActiveEnvironmentPath: vscode.Event<{ id: string; path: string }>;
  };
  settings: { getExecutionDetails(resource?: vscode.Uri): { execCommand: string[] } };
}

export function activate(): Stand {
  let chosen = process.env["DAIFU_HOST_PYTHON"] ?? "";
  const changed = new vscode.EventEmitter<{ id: string; path: string }>();
  return {
    environments: {
      getActiveEnvironmentPath: () => ({ id: chosen, path: chosen }),
      resolveEnvironment: ({ path }) => Promise.resolve({ executable: { uri: vscode.Uri.file(path) } }),
      updateActiveEnvironmentPath: (path) => {
        chosen = path;
        changed.fire({ id: path, path });
        return Promise.resolve();
      },
      onDidChangeActiveEnvironmentPath: changed.event,
    },
    settings: { getExecutionDetails: () => ({ execCommand: [process.env["DAIFU_HOST_PYTHON"] ?? ""] }) },
  };
}
