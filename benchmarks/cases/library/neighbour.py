"""Another process that takes the memory which a training needs, until its standard input ends.

On a GPU it takes all of the card that is free. Elsewhere memory is no card that processes share, so
what it takes is taken off the training's limit of address space, from outside: the training's own
allocation fails in the allocator. `python neighbour.py PID BYTES-LEFT`
"""

import resource
import sys


def card():
    """Hold what is free of the card, or return None where there is none."""
    import torch

    if not torch.cuda.is_available():
        return None
    free, _ = torch.cuda.mem_get_info()
    return torch.empty(free - (128 << 20), dtype=torch.uint8, device="cuda")


def main():
    pid, left = int(sys.argv[1]), int(sys.argv[2])
    held = card()
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    if held is None:
        resource.prlimit(pid, resource.RLIMIT_AS, (left, before[1]))
    print("held", flush=True)
    sys.stdin.read()
    if held is None:
        resource.prlimit(pid, resource.RLIMIT_AS, before)


if __name__ == "__main__":
    main()
