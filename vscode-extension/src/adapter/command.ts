/** A program and its arguments, never joined into one string: a path may hold spaces. */
export interface Launcher {
  readonly command: string;
  readonly args: readonly string[];
}

/** The command that starts the debug adapter on stdio with the interpreter given. */
export function adapterCommand(python: readonly string[]): Launcher {
  const [command, ...rest] = python;
  if (command === undefined || command === "") {
    throw new Error("No Python interpreter is set: choose one, or set daifu.python.");
  }
  return { command, args: [...rest, "-m", "daifu_dap.adapter"] };
}
