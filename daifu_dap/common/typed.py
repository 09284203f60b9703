"""The names that annotations are written with, for what is loaded before the program begins.

`typing` is a tenth of what loading all of the runtime takes. A type checker, for which these are
the names of `typing`, is the only one who reads annotations.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import ClassVar as ClassVar
    from typing import Self as Self
    from typing import dataclass_transform as dataclass_transform
else:
    Any = ClassVar = Self = object

    def dataclass_transform(**_):
        return lambda kind: kind
