"""Remote answers: what a student wrote, as objects of the trusted side.

A test that calls a `Remote` sends the arguments as data and gets data back; the code runs in the
sandbox. Numbers, arrays, tensors and tables arrive as what they are, as wide as can be (`widths`),
classes of exceptions as such, everything else as a `Remote` again. Arguments are copies: what the
student's code does to them shows only where a test asks for it (`asking`). Tensors know their
gradient; exceptions are raised as their own kind. Comparison, truth and arithmetic with what a test
knows are never left to the answer, which would see what is expected. Between two objects of the
notebook they are its own: who wants them to be equal can always return the same one.
"""

import inspect
import operator
import sys
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from course_grader.marking.likeness import class_name, known_kind
from course_grader.runner.codec import Handle
from course_grader.runner.facts import signature_of

_ASKED = ("__annotations__", "__defaults__", "__kwdefaults__")


class Remote:
    """An object in the sandbox."""

    def __init__(self, peer: Any, number: int, facts: dict[str, Any]) -> None:
        self._peer, self._handle = peer, Handle(number)
        if facts.get("name"):
            self.__name__ = self.__qualname__ = str(facts["name"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _ASKED:
            raise AttributeError(name)
        return self._peer.ask(do="attribute", target=self._handle, name=name).get("value")

    def __getitem__(self, key: Any) -> Any:
        return self._peer.call(self._handle, "__getitem__", (key,), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        self._peer.call(self._handle, "__setitem__", (key, value), {})

    def __delitem__(self, key: Any) -> None:
        self._peer.call(self._handle, "__delitem__", (key,), {})

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self._peer.call(self._handle, "__setattr__", (name, value), {})

    def __delattr__(self, name: str) -> None:
        self._peer.call(self._handle, "__delattr__", (name,), {})

    def __str__(self) -> str:
        return str(self._peer.call(self._handle, "__str__", (), {}))

    def __repr__(self) -> str:
        return str(self._peer.call(self._handle, "__repr__", (), {}))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Remote):
            return self is other or self._peer.apply(operator.eq, self, other) is True
        self._peer.compared.append(type(self).__name__)
        return False

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        iterator = self._peer.call(self._handle, "__iter__", (), {})
        if not isinstance(iterator, Remote):
            raise TypeError(f"your {type(self).__name__} cannot be iterated")
        return iterator

    def __next__(self) -> Any:
        return self._peer.call(self._handle, "__next__", (), {})


def _between(function: Callable[[Any, Any], Any]) -> Callable[[Remote, object], Any]:
    """An operator between two objects of the notebook."""

    def apply(left: Remote, right: object) -> Any:
        return (
            left._peer.apply(function, left, right) if isinstance(right, Remote) else NotImplemented
        )

    return apply


for _name in ("lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow",
              "matmul", "and_", "or_", "xor"):  # fmt: skip
    setattr(Remote, f"__{_name.rstrip('_')}__", _between(getattr(operator, _name)))


class RemoteFunction(Remote):
    """An object in the sandbox that can be called."""

    def __init__(self, peer: Any, number: int, facts: dict[str, Any]) -> None:
        super().__init__(peer, number, facts)
        signature = signature_of(facts.get("signature"))
        if signature is not None:
            self.__signature__ = signature

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._peer.call(self._handle, "", arguments, options)

    def __instancecheck__(self, instance: object) -> bool:
        """Whether an object of the notebook is of this class of the notebook."""
        is_remote = isinstance(instance, Remote)
        return is_remote and self._peer.apply(isinstance, instance, self) is True

    def __subclasscheck__(self, kind: Any) -> bool:
        """Whether a class of the notebook derives from this one."""
        return isinstance(kind, Remote) and self._peer.apply(issubclass, kind, self) is True

    def __in_place__(self, *arguments: Any, **options: Any) -> Any:
        """Calls it and takes over what it did to its arguments."""
        return self.__changing__((*range(len(arguments)), *options))(*arguments, **options)

    def __changing__(self, places: tuple[int | str, ...]) -> Callable[..., Any]:
        """The function that takes over what it did to these arguments."""

        def call(*arguments: Any, **options: Any) -> Any:
            return self._peer.call(self._handle, "", arguments, options, places)

        return call


def remote(peer: Any, number: int, facts: dict[str, Any]) -> Remote:
    """The object that stands for one in the sandbox.

    Args:
        peer: the process that holds it.
        number: of the object there.
        facts: what that process says of it.
    """
    content: dict[str, Any] = {"__doc__": property(_doc)}
    if facts.get("sized") is True:
        content["__len__"] = _length
    if (kind := known_kind(facts.get("kinds"))) is not None:
        content["__class__"] = property(lambda _: kind)
    if kind is FunctionType:
        content["__code__"] = _code(facts.get("flags"))
    base = RemoteFunction if facts.get("callable") is True else Remote
    found: Remote = type(class_name(facts.get("type")), (base,), content)(peer, number, facts)
    return found


def _code(flags: Any) -> CodeType:
    """What `inspect` looks at: whether a function is a generator's, a coroutine's or neither."""
    code = (lambda: None).__code__
    kinds = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    shown = flags & kinds if type(flags) is int else 0
    return code.replace(co_flags=code.co_flags | shown, co_filename="<answer>")


def become_remote(value: Any, peer: Any, number: int) -> None:
    """Lets an object of a test be one in the sandbox from now on.

    Args:
        value: of a class of Python's kind, without slots.
        peer: the process that holds it.
        number: of the object there.
    """
    kind = type(value)
    content = {"__doc__": property(_doc), "__class__": property(lambda _: kind)}
    value.__class__ = type(kind.__name__, (Remote,), content)
    vars(value).clear()
    Remote.__init__(value, peer, number, {})


def _doc(remote: Remote) -> str | None:
    """The docstring of an object over there."""
    text = remote._peer.ask(do="attribute", target=remote._handle, name="__doc__").get("value")
    return text if isinstance(text, str) else None


def _length(remote: Remote) -> int:
    """The length of an object over there, where its kind has one."""
    n = remote._peer.call(remote._handle, "__len__", (), {})
    if type(n) is not int or not 0 <= n < sys.maxsize:
        raise TypeError(f"the length of your {type(remote).__name__} is no number")
    return n
