/**
 * VS Code's server, with the packed extension installed and a home of its own.
 *
 * It is the head of a process group, as whatever it starts is in it: terminals, adapters, programs.
 * The whole group is killed at the end, and also when the tests themselves are interrupted.
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CACHE, PYTHON, VSIX } from "./places.ts";

const ENTRY = join(CACHE, "node_modules/code-server/out/node/entry.js");

/** What is set beforehand: nothing that asks, fetches, or types along with a test. */
const SETTINGS = {
  "remote.autoForwardPorts": false,
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "terminal.integrated.gpuAcceleration": "off",
  "terminal.integrated.shellIntegration.enabled": false,
  "git.enabled": false,
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.autoIndent": "none",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.parameterHints.enabled": false,
  "editor.minimap.enabled": false,
  "editor.hover.delay": 200,
  "files.simpleDialog.enable": true,
};

/** What belongs to the machine that programs run on, and is not read from the user's settings. */
const MACHINE = { "daifu.python": PYTHON };

/** Paths that a workbench is to know, each with what it is. */
export type Payload = readonly (readonly [name: string, path: string])[];

export interface Options {
  /** Variables of its environment beside our own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * Whether it is for tests inside the extension host. No dialog shows in it, and no setting of the
   * machine's names an interpreter.
   */
  readonly host?: boolean;
}

export class Server {
  readonly #process: ChildProcess;
  readonly #home: string;
  readonly url: string;
  readonly port: number;

  private constructor(process: ChildProcess, home: string, port: number) {
    this.#process = process;
    this.#home = home;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts one. Throws when it does not answer in time. */
  static async start(options: Options = {}): Promise<Server> {
    const home = mkdtempSync(join(tmpdir(), "daifu-vscode-"));
    for (const [name, settings] of [
      ["User", { ...SETTINGS, ...options.settings }],
      ["Machine", options.host === true ? {} : MACHINE],
    ] as const) {
      mkdirSync(join(home, "data", name), { recursive: true });
      writeFileSync(join(home, "data", name, "settings.json"), JSON.stringify(settings));
    }
    writeFileSync(join(home, "config.yaml"), "");
    const env = environment(home, options.env ?? {});
    const folders = [
      ["--config", join(home, "config.yaml")],
      ["--user-data-dir", join(home, "data")],
      ["--extensions-dir", join(home, "extensions")],
    ].flat();
    execFileSync(process.execPath, [ENTRY, ...folders, "--install-extension", VSIX], {
      env,
      stdio: "pipe",
      timeout: 60_000,
    });
    const port = await freePort();
    const flags = [
      ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--reconnection-grace-time", "1"],
      ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"],
      ["--disable-workspace-trust"],
      options.host === true ? ["--vscode-option", "enable-smoke-test-driver"] : [],
    ].flat();
    const child = spawn(process.execPath, [ENTRY, ...folders, ...flags], {
      detached: true,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(join(CACHE, "server.log"));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const server = new Server(child, home, port);
    process.once("exit", () => {
      server.#kill();
    });
    await server.#answers();
    return server;
  }

  /** The address of a workbench on a folder, a workspace file or nothing (""). */
  workbench(folder: string, payload: Payload = []): string {
    const remote = `vscode-remote://127.0.0.1:${this.port}`;
    const paths = payload.map(([name, path]) => [name, remote + encodeURI(path)]);
    const told = paths.length === 0 ? "" : `&payload=${encodeURIComponent(JSON.stringify(paths))}`;
    const kind = folder.endsWith(".code-workspace") ? "workspace" : "folder";
    const opened = folder === "" ? "ew=true" : `${kind}=${encodeURIComponent(folder)}`;
    return `${this.url}/?${opened}${told}`;
  }

  /** Ends it and everything that it started. */
  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#kill();
    await gone;
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  async #answers(): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      const answer = await fetch(`${this.url}/healthz`).catch(() => undefined);
      if (answer?.ok) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`VS Code's server does not answer; see ${CACHE}/server.log`);
  }

  #kill(): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It ended between the two lines.
      }
    }
  }
}

/** The environment of the tests, without what VS Code's own terminals put into one. */
function environment(home: string, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|DEBUGPY_)/.test(name));
  const runtime = join(home, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const own = { HOME: home, XDG_RUNTIME_DIR: runtime, EXTENSIONS_GALLERY: "{}" };
  return { ...Object.fromEntries(kept), ...own, ...more };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") {
    throw new Error("No port is free.");
  }
  return address.port;
}
