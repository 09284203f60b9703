/** The commands of the way to a session, as package.json contributes them. */
export enum Start {
  DebugFile = "daifu.debugFile",
  AttachToHeld = "daifu.attachToHeld",
  Convert = "daifu.convertConfiguration",
  Install = "daifu.install",
  ChooseInterpreter = "daifu.chooseInterpreter",
  RestartLanguageServer = "daifu.restartLanguageServer",
  ShowLog = "daifu.showLog",
  PickProcess = "daifu.pickProcess",
  PickArguments = "daifu.pickArguments",
}

/** What launch.json entries may ask for by `${command:...}`, and the commands that answer. */
export const VARIABLES = {
  pickProcess: Start.PickProcess,
  pickArgs: Start.PickArguments,
} as const;
