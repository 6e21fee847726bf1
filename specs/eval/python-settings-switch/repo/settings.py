"""Settings from the environment."""

from dataclasses import dataclass


class BadSetting(ValueError):
    """A variable holds what it must not hold."""


@dataclass(frozen=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8080


def _port(text):
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadSetting(f"APP_PORT must be a port number, not {text!r}")
    return int(text)


def load(env):
    """Reads APP_HOST and APP_PORT of a mapping such as os.environ."""
    found = {}
    if "APP_HOST" in env:
        found["host"] = env["APP_HOST"]
    if "APP_PORT" in env:
        found["port"] = _port(env["APP_PORT"])
    return Settings(**found)
