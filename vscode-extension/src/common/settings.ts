/** The settings of the extension, as package.json contributes them, without their `daifu.`. */
export enum Setting {
  Python = "python",
  Package = "package",
  OfferInstallation = "offerInstallation",
  TerminalCommand = "terminalCommand",
  LanguageServer = "languageServer",
  InlayHints = "inlayHints",
  LaunchLenses = "lenses.launchJson",
}

/** The section they are all in. */
export const SECTION = "daifu";
