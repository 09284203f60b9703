/** The variables that our terminals have. */
export const ENDPOINTS = "VSCODE_DAIFU_ENDPOINTS";
export const FALLBACK = "VSCODE_DAIFU_PYTHON";

/**
 * The command `daifu` of VS Code's terminals, for any shell: it runs on the terminal's own
 * interpreter, as an activated environment puts it on PATH, and on the one that the editor has
 * chosen where the terminal's lacks daifu-dap.
 */
export const SCRIPT = `#!/bin/sh
# Put here by the VS Code extension DaiFu: \`daifu train.py\` runs a Python program as
# \`python train.py\` does, with crash barriers, and under VS Code's debugger.
has() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import daifu_dap; daifu_dap.__version__' >/dev/null 2>&1
}
for python in python python3 "$${FALLBACK}"; do
    if [ -n "$python" ] && has "$python"; then
        DAIFU_ADAPTER_ENDPOINTS=$${ENDPOINTS} exec "$python" -m daifu_dap "$@"
    fi
done
echo "daifu: daifu-dap is not installed in this terminal's Python:" >&2
echo "    python -m pip install daifu-dap" >&2
exit 1
`;
