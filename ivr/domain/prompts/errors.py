"""What can be wrong with a prompt. No message ever holds a value that a caller gave."""

from __future__ import annotations


class CatalogueError(ValueError):
    """The text file cannot be read. ``problems`` names file, prompt id and key, one a line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class PromptError(Exception):
    """An utterance cannot be spoken."""

    def __init__(self, prompt: str, reason: str) -> None:
        super().__init__(f"prompt {prompt}: {reason}")
        self.prompt = prompt


class UnknownPrompt(PromptError):
    """No prompt has that id."""

    def __init__(self, prompt: str) -> None:
        super().__init__(prompt, "no such prompt")


class MissingValue(PromptError):
    """The utterance gives no value for a placeholder."""

    def __init__(self, prompt: str, name: str) -> None:
        super().__init__(prompt, f"no value for {name}")
        self.name = name


class UnknownKind(PromptError):
    """The text asks for a kind of placeholder that does not exist."""

    def __init__(self, prompt: str, name: str, kind: str) -> None:
        super().__init__(prompt, f"{name} has the unknown kind {kind}")
        self.name = name
        self.kind = kind


class ValueDoesNotFit(PromptError):
    """The value cannot be spoken as the kind of its placeholder."""

    def __init__(self, prompt: str, name: str, kind: str) -> None:
        super().__init__(prompt, f"the value of {name} is not of kind {kind}")
        self.name = name
        self.kind = kind


class SpelledInTheOpen(PromptError):
    """A spelled password is spoken only by a one-time secret audio, never piece by piece."""

    def __init__(self, prompt: str, name: str) -> None:
        super().__init__(prompt, f"{name} is spelled, which only a secret audio may speak")
        self.name = name


class Unspeakable(ValueError):
    """A value does not fit its kind. Deliberately says nothing about the value."""

    def __init__(self) -> None:
        super().__init__("value does not fit its kind")
