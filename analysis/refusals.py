"""The reasons for which something is skipped or refused, and the two ways of saying so."""

from __future__ import annotations

REASONS = frozenset(
    {
        "empty",
        "undecodable",
        "not-text",
        "too-large",
        "too-short",
        "boilerplate-only",
        "duplicate",
        "language",
        "unreadable",
        "vanished",
        "not-regular-file",
        "unsupported-format",
        "decompression-limit",
        "malformed-row",
        "missing-field",
        "bad-name",
        "config-invalid",
        "table-invalid",
        "unsafe-path",
        "untrusted-model",
        "nothing-to-analyse",
        "notebook-failed",
        "bad-archive",
        "worker-killed",
    }
)


class Refusal(Exception):
    """The whole run cannot be done. Prints as one line that ends with its reason in square brackets."""

    def __init__(self, message: str, *, reason: str):
        if reason not in REASONS:
            raise ValueError(f"unknown reason: {reason}")
        super().__init__(message)
        self.reason = reason

    def __str__(self) -> str:
        return f"{one_line(super().__str__())} [{self.reason}]"


class Skip(Exception):
    """One item cannot be used; the others go on."""

    def __init__(self, reason: str, *, line: int = 0):
        if reason not in REASONS:
            raise ValueError(f"unknown reason: {reason}")
        super().__init__(reason)
        self.reason, self.line = reason, line


class InUse(Exception):
    """Another run holds the output folder."""


def one_line(text: str, *, limit: int = 500) -> str:
    """Return text for a terminal: one line, without control characters, at most ``limit`` characters."""
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
