"""Not looked into: installed or not, the package is checked alike."""

from typing import Any

def __getattr__(name: str) -> Any: ...
