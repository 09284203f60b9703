"""A module that is not Python."""
import traceback

try:
    import _broken
except SyntaxError as error:
    traceback.print_exc()
    print(error.lineno, error.offset, error.text)
try:
    eval("1 +")
except SyntaxError:
    traceback.print_exc()
import _raises
