"""The language server: edits judged while they are typed, and quick fixes at a crash.

Started as `python -m daifu_dap.lsp`, on stdio. It never speaks to a program: it knows what is held
from what adapters put up for their user (`common.board`), or from its client (`daifu/stopped`), and
judges the editor's texts by the planner that the adapter uses (`surgery`).
"""
