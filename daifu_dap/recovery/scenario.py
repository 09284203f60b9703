"""What kind of crash it is, and one sentence on what usually helps."""

from __future__ import annotations

MEMORY = "out of memory"

TABLE: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        "device error",
        ("AcceleratorError", "RuntimeError"),
        ("device-side assert", "illegal memory access", "CUDA error"),
        "The CUDA context may be unusable from here on; save what is on the host before a retry.",
    ),
    (
        MEMORY,
        ("OutOfMemoryError", "MemoryError", "RuntimeError"),
        ("out of memory", "can't allocate memory", "not enough memory", "CPUAllocator"),
        "Make the batch or the layer smaller, free what is not needed, or retry once it is free.",
    ),
    (
        "path problem",
        ("FileNotFoundError", "NotADirectoryError", "IsADirectoryError", "RuntimeError"),
        ("No such file or directory", "Parent directory", "Is a directory", "Not a directory"),
        "Create the folder or mend the path, then retry.",
    ),
    (
        "tensor mismatch",
        ("RuntimeError", "ValueError", "IndexError"),
        ("shape", "size", "dimension", "channels", "stack expects", "must match", "broadcast"),
        "Compare the shapes of the operands; reshape, transpose or flatten the one that is wrong.",
    ),
    (
        "exceptional data",
        ("RuntimeError", "ValueError", "TypeError"),
        ("dtype", "scalar type", "expected tensor for", "could not convert"),
        "This record or batch differs from the others; convert it, or skip it.",
    ),
    (
        "runtime error",
        ("ConnectionError", "TimeoutError", "BrokenPipeError", "PermissionError", "OSError"),
        (),
        "If the cause may pass, retry as it is.",
    ),
    (
        "API misuse",
        ("TypeError", "AttributeError", "IndexError", "KeyError", "NameError", "ImportError"),
        (),
        "Look up the call's arguments and what it returns, mend the line, and replace the cell.",
    ),
)


def classify(exception: BaseException) -> tuple[str, str]:
    """The scenario of a crash and a hint.

    Args:
        exception: the crash's exception.

    Returns:
        The scenario's name ("API misuse", "tensor mismatch", ...; "exception" if none fits) and a
        sentence.
    """
    kinds = {each.__name__ for each in type(exception).__mro__}
    try:
        message = str(exception)
    except Exception:
        message = ""
    for scenario, types, words, hint in TABLE:
        if kinds.intersection(types) and (not words or any(word in message for word in words)):
            return scenario, hint
    return "exception", "Mend the line and replace the cell, or retry if the cause may have passed."
