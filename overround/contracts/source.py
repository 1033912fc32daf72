"""Python functions written and compiled at run time, one line after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Schema = Any
"""An Avro schema as parsed JSON: a name, a union's list, or an object with a `type`."""


class Source:
    """A function under construction, the constants it refers to, and its schema's records."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._lines: list[str] = []
        self._depth = 1
        self._names: dict[str, Any] = {}
        self._records: dict[str, Schema] = {}
        self._learn(schema)

    def line(self, text: str) -> None:
        """Append a statement at the present depth."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Append a header such as `if x:` and put what follows under it."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    def name(self, stem: str) -> str:
        """A variable name that nothing else in the function has."""
        name = f"{stem}{len(self._names)}"
        self._names[name] = None
        return name

    def constant(self, stem: str, value: object) -> str:
        """A name under which the function finds `value`."""
        name = self.name(stem)
        self._names[name] = value
        return name

    def compiled(self, signature: str, known: dict[str, Any]) -> Callable[..., Any]:
        """The function `f(signature)` of the lines so far, which also sees `known`."""
        text = "\n".join([f"def f({signature}):", *self._lines])
        names = known | self._names
        exec(compile(text, f"<codec of {self.schema['name']}>", "exec"), names)
        made: Callable[..., Any] = names["f"]
        return made

    def kind(self, schema: Schema) -> str:
        """What the schema is: a scalar's name, `union`, `array`, `map` or `record`."""
        if isinstance(schema, list):
            return "union"
        named = schema if isinstance(schema, str) else schema["type"]
        return "record" if named in self._records else str(named)

    def record(self, schema: Schema) -> Schema:
        """The definition of a record that may be given by name."""
        return self._records[schema] if isinstance(schema, str) else schema

    def named(self, name: str) -> Schema:
        """The record of a full name; raises KeyError without one."""
        return self._records[name]

    def _learn(self, schema: Schema) -> None:
        """Remember each record by its full name, for the places that use it again by name."""
        if isinstance(schema, list):
            for branch in schema:
                self._learn(branch)
        elif isinstance(schema, dict):
            self._learn(schema.get("items"))
            self._learn(schema.get("values"))
            if schema["type"] == "record":
                self._records["record"] = schema
                self._records[full_name(schema)] = schema
            for field in schema.get("fields", ()):
                self._learn(field["type"])


def full_name(record: Schema) -> str:
    """Namespace and name; every record of ours says both."""
    return f"{record['namespace']}.{record['name']}"


def optional_branch(union: Schema) -> Schema:
    """`T` of the only union there is here, null or T, in this order."""
    if len(union) != 2 or union[0] != "null":
        raise TypeError(f"the union {union} is not null or one other type, null first")
    return union[1]
