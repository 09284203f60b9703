LIMIT = 1
import no_such_module_anywhere  # @refuse DFU0016


def size(x):
    return "changed"
