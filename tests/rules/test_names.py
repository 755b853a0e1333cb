"""Names of classes and modules are unique, and use the field's standard terms."""

import ast
from collections import defaultdict

from tests.rules.sources import modules, room, shown, tree

SHARED = {
    "errors": "each room has its own, and all derive from machsh.errors",
    "record": "what config.json keeps: the base class, a machine's, a driver's own",
    "driver": "the contract, and each driver that is a package",
}
"""File names that several folders may have, and why."""

STALE = set(
    """
    Acting Aftermath Asked CertificateWish CreateWish EndingProgress Face HostWish Keeper LiveNames MachineLine Making NobodyToAsk Parts Piece Placeholder Prefixed Preparing Reach Recall Relaying Silent Situation Spares Spot StoreFleet Surroundings Switches Talk Told Wish _Assembly carry_out certified_wish let_go memorable refuse_local together wish_of
    """.split()
)
"""Words that only this project used; names now use the field's standard terms."""


def ours():
    """Go's formats keep Go's names, whatever else has them."""
    return [path for path in modules() if room(path) != "go"]


def twice(places):
    return {name: sorted(where) for name, where in places.items() if len(where) > 1}


def definitions(path):
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]


def test_a_class_name_is_given_once():
    places = defaultdict(set)
    for path in ours():
        for node in definitions(path):
            if isinstance(node, ast.ClassDef):
                places[node.name].add(shown(path))
    assert twice(places) == {}


def test_a_module_name_is_given_once():
    places = defaultdict(set)
    for path in ours():
        if path.stem not in ("__init__", "__main__", *SHARED):
            places[path.stem].add(shown(path))
    assert twice(places) == {}


def test_no_exception_outlives_its_reason():
    stems = [path.stem for path in ours()]
    assert [name for name in SHARED if stems.count(name) < 2] == []


def test_words_of_our_own_do_not_come_back():
    wrong = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in ours()
        for node in definitions(path)
        if node.name in STALE
    ]
    assert wrong == []
