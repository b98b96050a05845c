"""The assertions of nose: those of unittest under other names."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any
from unittest import TestCase


class _Case(TestCase):
    maxDiff = None


_case = _Case()
_EARLIER = {  # names that unittest had, too
    "assert_almost_equals": "assertAlmostEqual",
    "assert_equals": "assertEqual",
    "assert_items_equal": "assertCountEqual",
    "assert_not_almost_equals": "assertNotAlmostEqual",
    "assert_not_equals": "assertNotEqual",
    "assert_not_regexp_matches": "assertNotRegex",
    "assert_raises_regexp": "assertRaisesRegex",
    "assert_regexp_matches": "assertRegex",
    "eq_": "assertEqual",
    "ok_": "assertTrue",
}
_NOW = {
    re.sub("[A-Z]", lambda sign: f"_{sign[0].lower()}", name): name
    for name in dir(TestCase)
    if re.fullmatch(r"assert(?:[A-Z][a-z]+)+", name)
}
METHODS: Mapping[str, str] = _NOW | _EARLIER
globals().update({name: getattr(_case, method) for name, method in METHODS.items()})


def raises(*kinds: type[BaseException]) -> Callable[[Any], Any]:
    """Decorates a test that has to raise one of these."""

    def decorate(test: Any) -> Any:
        @functools.wraps(test)
        def tested(*arguments: Any, **options: Any) -> None:
            with _case.assertRaises(kinds):  # noqa: PT027  (there may be no pytest)
                test(*arguments, **options)

        return tested

    return decorate


__all__ = ["raises", *METHODS]
